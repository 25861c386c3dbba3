-- Schema ora: JSON_VALUE, JSON_QUERY and IS JSON, for paths of names and indexes.
CREATE FUNCTION ora.json_doc(json) RETURNS json LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT $1 $$;
CREATE FUNCTION ora.json_doc(text) RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN
    RETURN $1::json; EXCEPTION WHEN invalid_text_representation THEN
    PERFORM ora.raise(40441,'JSON syntax error'); END $$;
CREATE FUNCTION ora.json_doc(ora.clob) RETURNS json LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.json_doc($1::text) $$;
CREATE FUNCTION ora.json_doc(ora.blob) RETURNS json LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.json_doc(convert_from($1::bytea,'UTF8')) $$;
CREATE FUNCTION ora.is_json(text) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1 IS JSON $$;
CREATE FUNCTION ora.is_json(ora.clob) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1::text IS JSON $$;
CREATE FUNCTION ora.is_json(ora.blob) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT convert_from($1::bytea,'UTF8') IS JSON $$;
CREATE FUNCTION ora.is_json(json) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT true $$;
-- one step of a path: a name looks into the elements of an array, [0] of a scalar is itself
CREATE FUNCTION ora.json_member(json[],text) RETURNS json[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(o->$2 ORDER BY n,k),'{}') FROM unnest($1) WITH ORDINALITY x(v,n)
    CROSS JOIN LATERAL (SELECT v,1 WHERE json_typeof(v)='object' UNION ALL SELECT e.value,e.k
    FROM json_array_elements(CASE WHEN json_typeof(v)='array' THEN v ELSE '[]' END)
    WITH ORDINALITY e(value,k) WHERE json_typeof(e.value)='object') y(o,k)
    WHERE (o->$2) IS NOT NULL $$;
CREATE FUNCTION ora.json_element(json[],int) RETURNS json[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(e ORDER BY n),'{}') FROM (SELECT n, CASE
    WHEN json_typeof(v)='array' THEN v->$2 WHEN $2=0 THEN v END FROM unnest($1)
    WITH ORDINALITY x(v,n)) y(n,e) WHERE e IS NOT NULL $$;
CREATE FUNCTION ora.json_walk(doc json, path text) RETURNS json[] LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$ DECLARE items json[] := ARRAY[doc]; rest text := btrim(path); m text[]; BEGIN
  IF rest !~ '^\$' THEN PERFORM ora.raise(40442,'JSON path expression syntax error'); END IF;
  rest := substr(rest,2);
  WHILE rest<>'' LOOP
    m := regexp_match(rest,'^\.(?:([A-Za-z_][\w$]*)(?![\w(])|"([^"\\]*)")|^\[\s*(\d+)\s*\]');
    IF m IS NULL THEN PERFORM ora.raise(3001,'unimplemented feature: JSON path '||path); END IF;
    IF m[3] IS NULL THEN items := ora.json_member(items,coalesce(m[1],m[2]));
    ELSE items := ora.json_element(items,m[3]::int); END IF;
    rest := regexp_replace(rest,'^\.(?:[A-Za-z_][\w$]*|"[^"\\]*")|^\[\s*\d+\s*\]', '');
  END LOOP;
  RETURN items; END $$;
-- whether it stands for a scalar that JSON has not: a time, an interval or bytes
CREATE FUNCTION ora.json_extended(json) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
    SELECT json_typeof($1)='object' AND ($1->U&'\FDD1') IS NOT NULL $$;
CREATE FUNCTION ora.json_plain(json) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT regexp_replace($1::text,'\{\s*"('||U&'\FDD1'||'|\\ufdd1)":\s*\["[0-9a-f]*",\s*("[^"]*")\]\s*\}','\2','g') $$;
-- the text of the one scalar at a path; NULL, or an error when strict, where there is none
CREATE FUNCTION ora.json_scalar(doc json, path text, strict bool) RETURNS text LANGUAGE plpgsql
    IMMUTABLE AS $$ DECLARE items json[] := ora.json_walk(doc,path); code int; BEGIN
  IF doc IS NULL THEN RETURN NULL; END IF;
  code := CASE WHEN cardinality(items)=0 THEN 40462 WHEN cardinality(items)>1 THEN 40470
    WHEN json_typeof(items[1]) IN ('object','array') AND NOT ora.json_extended(items[1]) THEN 40456 END;
  IF code IS NULL THEN RETURN nullif(CASE WHEN ora.json_extended(items[1])
    THEN items[1]->U&'\FDD1'->>1 ELSE items[1]#>>'{}' END,''); END IF;
  IF strict THEN PERFORM ora.raise(code,'JSON_VALUE evaluated to '||CASE code WHEN 40462
    THEN 'no value' WHEN 40470 THEN 'multiple values' ELSE 'non-scalar value' END); END IF;
  RETURN NULL; END $$;
CREATE FUNCTION ora.json_fitted(v text, strict bool, bytes int) RETURNS text LANGUAGE plpgsql
    IMMUTABLE AS $$ BEGIN IF octet_length(v)<=bytes THEN RETURN v; END IF;
    IF strict AND v IS NOT NULL
    THEN PERFORM ora.raise(40478,'output value too large (maximum: '||bytes||')'); END IF;
    RETURN NULL; END $$;
CREATE FUNCTION ora.json_numeric(v text, strict bool) RETURNS numeric LANGUAGE plpgsql IMMUTABLE
    AS $$ BEGIN RETURN ora.t2n(v); EXCEPTION WHEN SQLSTATE 'OR000' THEN
    IF strict THEN RAISE; END IF; RETURN NULL; END $$;
DO $do$ DECLARE t text; lenient text; BEGIN FOREACH t IN ARRAY ARRAY['json','text','ora.clob',
    'ora.blob'] LOOP
  lenient := CASE t WHEN 'json' THEN 'ora.json_doc($1)'
    ELSE 'CASE WHEN $3 OR ora.is_json($1) THEN ora.json_doc($1) END' END;
  EXECUTE format('CREATE FUNCTION ora.json_value(%s,text,bool,int) RETURNS text LANGUAGE sql
    IMMUTABLE AS $f$ SELECT ora.json_fitted(ora.json_scalar(%s,$2,$3),$3,$4) $f$',t,lenient);
  EXECUTE format('CREATE FUNCTION ora.json_number(%s,text,bool) RETURNS numeric LANGUAGE sql
    IMMUTABLE AS $f$ SELECT ora.json_numeric(ora.json_scalar(%s,$2,$3),$3) $f$',t,lenient);
END LOOP; END $do$;
-- a JSON column gives JSON, scalars too; text gives text, and NULL for a scalar
CREATE FUNCTION ora.json_query(json,text) RETURNS json LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN cardinality(w)=1 THEN w[1] END FROM ora.json_walk($1,$2) w $$;
CREATE FUNCTION ora.json_query(text,text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN cardinality(w)=1 AND json_typeof(w[1]) IN ('object','array') THEN
    ora.json_fitted(w[1]::text,false,4000) END
    FROM ora.json_walk(CASE WHEN $1 IS JSON THEN $1::json END,$2) w $$;
CREATE FUNCTION ora.json_query(ora.clob,text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.json_query($1::text,$2) $$;
-- whether there is something at a path; text that is no JSON has nothing
CREATE FUNCTION ora.json_exists(json,text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(cardinality(ora.json_walk($1,$2))>0,false) $$;
CREATE FUNCTION ora.json_exists(text,text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
    SELECT ora.json_exists(CASE WHEN $1 IS JSON THEN $1::json END,$2) $$;
CREATE FUNCTION ora.json_exists(ora.clob,text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
    SELECT ora.json_exists($1::text,$2) $$;
CREATE FUNCTION ora.json_serialize(json) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.json_fitted(ora.json_plain($1),true,4000) $$;
CREATE FUNCTION ora.json_serialize(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.json_serialize(ora.json_doc($1)) $$;
