-- VECTOR: its format (2 FLOAT32, 3 FLOAT64, 4 INT8, 5 BINARY, whose values are bytes) and its values
CREATE TYPE ora.vector AS (f int2, v float8[]);
-- as a column of so many dimensions and of a format takes it; 0 is any
CREATE FUNCTION ora.fit_vector(x ora.vector, dims int, form int) RETURNS ora.vector LANGUAGE plpgsql
    IMMUTABLE AS $$ DECLARE n int := cardinality(x.v)*CASE WHEN x.f=5 THEN 8 ELSE 1 END; BEGIN
  IF x IS NULL THEN RETURN NULL; END IF;
  IF 'Infinity'::float8=ANY(x.v) OR '-Infinity'::float8=ANY(x.v) OR 'NaN'::float8=ANY(x.v) THEN
    PERFORM ora.raise(51805,'Vector is not properly formatted (dimension value is either not a number or infinity)');
  END IF;
  IF dims>0 AND n<>dims THEN PERFORM ora.raise(51803,
    'Vector dimension count must match the dimension count specified in the column definition (expected '
    ||dims||' dimensions, specified '||n||' dimensions).'); END IF;
  IF form=0 OR form=x.f THEN RETURN x; END IF;
  IF (form=5)<>(x.f=5) THEN PERFORM ora.raise(51814,'Vector of BINARY format cannot be converted');
  END IF;
  IF form=4 AND EXISTS (SELECT 1 FROM unnest(x.v) e WHERE round(e) NOT BETWEEN -128 AND 127) THEN
    PERFORM ora.raise(51806,'Vector column is not properly formatted (dimension value is outside the allowed precision range)');
  END IF;
  RETURN ROW(form, CASE form WHEN 2 THEN x.v::float4[]::float8[] WHEN 4 THEN
    (SELECT array_agg(round(e) ORDER BY i) FROM unnest(x.v) WITH ORDINALITY u(e,i)) ELSE x.v END)::ora.vector;
  END $$;
CREATE FUNCTION ora.to_vector(s text, dims int DEFAULT 0, form int DEFAULT 2) RETURNS ora.vector
    LANGUAGE plpgsql IMMUTABLE AS $$ DECLARE v float8[]; BEGIN
  IF s IS NULL THEN RETURN NULL; END IF;
  IF s !~ '^\s*\[[^][]+\]\s*$' THEN
    PERFORM ora.raise(51804,'Invalid number of dimensions or format of the vector'); END IF;
  BEGIN v := translate(s,'[] ','{}')::float8[];
  EXCEPTION WHEN invalid_text_representation THEN
    PERFORM ora.raise(51805,'Vector is not properly formatted (dimension value is not a number)'); END;
  IF form=5 THEN RETURN ora.fit_vector(ROW(5,v)::ora.vector,dims,5); END IF;
  RETURN ora.fit_vector(ROW(3,v)::ora.vector,dims,form); END $$;
CREATE FUNCTION ora.to_vector(x ora.vector, dims int DEFAULT 0, form int DEFAULT 0) RETURNS ora.vector
    LANGUAGE sql IMMUTABLE AS $$ SELECT ora.fit_vector(x,dims,form) $$;
CREATE FUNCTION ora.text_vector(text) RETURNS ora.vector LANGUAGE sql IMMUTABLE AS $$
    SELECT ora.to_vector($1,0,2) $$;
CREATE CAST (text AS ora.vector) WITH FUNCTION ora.text_vector(text) AS ASSIGNMENT;
CREATE FUNCTION ora.vector_dimension_count(x ora.vector) RETURNS numeric LANGUAGE sql IMMUTABLE AS
    $$ SELECT (cardinality(x.v)*CASE WHEN x.f=5 THEN 8 ELSE 1 END)::numeric $$;
CREATE FUNCTION ora.vector_distance(a ora.vector, b ora.vector, metric text DEFAULT 'COSINE')
    RETURNS float8 LANGUAGE plpgsql IMMUTABLE STRICT AS $$ DECLARE r float8; dots float8; BEGIN
  IF cardinality(a.v)<>cardinality(b.v) THEN PERFORM
    ora.raise(51808,'VECTOR_DISTANCE() is not supported for vectors with different dimension counts'); END IF;
  SELECT CASE metric WHEN 'COSINE' THEN sum(x*y) WHEN 'DOT' THEN -sum(x*y)
    WHEN 'EUCLIDEAN' THEN sqrt(sum((x-y)*(x-y))) WHEN 'EUCLIDEAN_SQUARED' THEN sum((x-y)*(x-y))
    WHEN 'MANHATTAN' THEN sum(abs(x-y)) END, sqrt(sum(x*x))*sqrt(sum(y*y)) INTO r, dots
    FROM unnest(a.v,b.v) u(x,y);
  IF r IS NULL THEN PERFORM ora.raise(3001,'unimplemented feature: distance '||metric); END IF;
  RETURN CASE WHEN metric='COSINE' THEN 1-r/dots ELSE r END; END $$;
