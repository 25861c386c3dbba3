-- Conversions between LOBs, RAW and text, and INTERVAL.
CREATE FUNCTION ora.to_nclob(text) RETURNS ora.clob LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1::ora.clob $$;
CREATE FUNCTION ora.to_nclob(ora.clob) RETURNS ora.clob LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1 $$;
CREATE FUNCTION ora.to_blob(bytea) RETURNS ora.blob LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1::ora.blob $$;
CREATE FUNCTION ora.to_blob(ora.blob) RETURNS ora.blob LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1 $$;
CREATE FUNCTION ora.to_blob(text) RETURNS ora.blob LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.hextoraw($1)::ora.blob $$;
CREATE FUNCTION ora.utl_raw_cast_to_raw(text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT convert_to($1,'UTF8') $$;
CREATE FUNCTION ora.utl_raw_cast_to_varchar2(bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS
    $$ SELECT convert_from($1,'UTF8') $$;
CREATE FUNCTION ora.utl_raw_cast_to_varchar2(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS
    $$ SELECT convert_from(ora.hextoraw($1),'UTF8') $$;
CREATE FUNCTION ora.utl_raw_length(bytea) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT octet_length($1)::numeric $$;
CREATE FUNCTION ora.to_dsinterval(s text) RETURNS interval LANGUAGE plpgsql IMMUTABLE STRICT AS $$
  DECLARE p text[] := regexp_match(s,
    '^\s*([+-]?)(\d{1,9})\s+(\d{1,2}):(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)\s*$'); r interval; BEGIN
  IF p IS NULL THEN PERFORM ora.raise(1867,'the interval is invalid'); END IF;
  IF p[3]::int>23 THEN PERFORM ora.raise(1850,'hour must be between 0 and 23'); END IF;
  IF p[4]::int>59 THEN PERFORM ora.raise(1851,'minutes must be between 0 and 59'); END IF;
  IF p[5]::numeric>=60 THEN PERFORM ora.raise(1852,'seconds must be between 0 and 59'); END IF;
  r := make_interval(days=>p[2]::int,hours=>p[3]::int,mins=>p[4]::int,secs=>p[5]::float8);
  RETURN CASE WHEN p[1]='-' THEN -r ELSE r END; END $$;
-- INTERVAL YEAR TO MONTH: the number of its months
CREATE TYPE ora.ym;
CREATE FUNCTION ora.ym_in(cstring) RETURNS ora.ym LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION ora.ym_out(ora.ym) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE ora.ym (INPUT=ora.ym_in, OUTPUT=ora.ym_out, LIKE=int4);
CREATE CAST (int4 AS ora.ym) WITHOUT FUNCTION;
CREATE CAST (ora.ym AS int4) WITHOUT FUNCTION;
CREATE FUNCTION ora.to_yminterval(s text) RETURNS ora.ym LANGUAGE plpgsql IMMUTABLE STRICT AS $$
  DECLARE p text[] := regexp_match(s,'^\s*([+-]?)(\d{1,9})-(\d{1,2})\s*$'); BEGIN
  IF p IS NULL THEN PERFORM ora.raise(1867,'the interval is invalid'); END IF;
  IF p[3]::int>11 THEN PERFORM ora.raise(1843,'An invalid month was specified.'); END IF;
  RETURN ((CASE WHEN p[1]='-' THEN -1 ELSE 1 END)*(p[2]::int*12+p[3]::int))::ora.ym; END $$;
DO $do$ DECLARE r record; BEGIN FOR r IN SELECT * FROM (VALUES ('lt', '<', '>', '>='), ('le', '<=',
    '>=', '>'), ('eq', '=', '=', '<>'), ('ge', '>=', '<=', '<'), ('gt', '>', '<', '<='), ('ne',
    '<>', '<>', '=')) v(n,op,com,neg) LOOP
 EXECUTE
    format('CREATE FUNCTION ora.ym_%s(ora.ym,ora.ym) RETURNS bool LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''int4%s''',
    r.n, r.n);
 EXECUTE
    format('CREATE OPERATOR ora.%s (LEFTARG=ora.ym, RIGHTARG=ora.ym, FUNCTION=ora.ym_%s, COMMUTATOR=OPERATOR(ora.%s), NEGATOR=OPERATOR(ora.%s)%s)',
    r.op, r.n, r.com, r.neg, CASE WHEN r.n='eq' THEN ', HASHES, MERGES' ELSE '' END);
END LOOP; END $do$;
CREATE FUNCTION ora.ym_cmp(ora.ym,ora.ym) RETURNS int LANGUAGE internal IMMUTABLE STRICT PARALLEL
    SAFE AS 'btint4cmp';
CREATE FUNCTION ora.ym_hash(ora.ym) RETURNS int LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS
    'hashint4';
CREATE OPERATOR CLASS ora.ym_ops DEFAULT FOR TYPE ora.ym USING btree AS OPERATOR 1 ora.<,
    OPERATOR 2 ora.<=, OPERATOR 3 ora.=, OPERATOR 4 ora.>=, OPERATOR 5 ora.>,
    FUNCTION 1 ora.ym_cmp(ora.ym,ora.ym);
CREATE OPERATOR CLASS ora.ym_hashed DEFAULT FOR TYPE ora.ym USING hash AS OPERATOR 1 ora.=,
    FUNCTION 1 ora.ym_hash(ora.ym);
CREATE FUNCTION ora.ym_add(ora.ym,ora.ym) RETURNS ora.ym LANGUAGE internal IMMUTABLE STRICT AS
    'int4pl';
CREATE FUNCTION ora.ym_sub(ora.ym,ora.ym) RETURNS ora.ym LANGUAGE internal IMMUTABLE STRICT AS
    'int4mi';
CREATE FUNCTION ora.ym_neg(ora.ym) RETURNS ora.ym LANGUAGE internal IMMUTABLE STRICT AS 'int4um';
CREATE OPERATOR ora.+ (LEFTARG=ora.ym, RIGHTARG=ora.ym, FUNCTION=ora.ym_add);
CREATE OPERATOR ora.- (LEFTARG=ora.ym, RIGHTARG=ora.ym, FUNCTION=ora.ym_sub);
CREATE OPERATOR ora.- (RIGHTARG=ora.ym, FUNCTION=ora.ym_neg);
CREATE FUNCTION ora.ym_later(x timestamp, y ora.ym) RETURNS timestamp LANGUAGE sql STABLE STRICT AS
    $$ SELECT ora.add_ym(x,y::int) $$;
CREATE FUNCTION ora.ym_later(x ora.date, y ora.ym) RETURNS ora.date LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.add_ym(x,y::int) $$;
CREATE FUNCTION ora.ym_before(x timestamp, y ora.ym) RETURNS timestamp LANGUAGE sql STABLE STRICT AS
    $$ SELECT ora.add_ym(x,-(y::int)) $$;
CREATE FUNCTION ora.ym_before(x ora.date, y ora.ym) RETURNS ora.date LANGUAGE sql STABLE STRICT AS
    $$ SELECT ora.add_ym(x,-(y::int)) $$;
CREATE OPERATOR ora.+ (LEFTARG=timestamp, RIGHTARG=ora.ym, FUNCTION=ora.ym_later);
CREATE OPERATOR ora.+ (LEFTARG=ora.date, RIGHTARG=ora.ym, FUNCTION=ora.ym_later);
CREATE OPERATOR ora.- (LEFTARG=timestamp, RIGHTARG=ora.ym, FUNCTION=ora.ym_before);
CREATE OPERATOR ora.- (LEFTARG=ora.date, RIGHTARG=ora.ym, FUNCTION=ora.ym_before);
CREATE FUNCTION ora.max_ym(ora.ym,ora.ym) RETURNS ora.ym LANGUAGE internal IMMUTABLE STRICT AS
    'int4larger';
CREATE FUNCTION ora.min_ym(ora.ym,ora.ym) RETURNS ora.ym LANGUAGE internal IMMUTABLE STRICT AS
    'int4smaller';
CREATE AGGREGATE ora.max(ora.ym) (SFUNC=ora.max_ym, STYPE=ora.ym);
CREATE AGGREGATE ora.min(ora.ym) (SFUNC=ora.min_ym, STYPE=ora.ym);
-- BOOLEAN from text and to NUMBER, as SQL of 23ai converts them
CREATE CAST (text AS boolean) WITH INOUT AS ASSIGNMENT;
CREATE FUNCTION ora.bool_number(boolean) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN $1 THEN 1 ELSE 0 END::numeric $$;
CREATE CAST (boolean AS numeric) WITH FUNCTION ora.bool_number(boolean) AS ASSIGNMENT;
-- ROWID: object, file, block and row in base 64, of which the last two are ctid's
CREATE FUNCTION ora.tid_in(cstring) RETURNS tid LANGUAGE internal IMMUTABLE STRICT AS 'tidin';
CREATE FUNCTION ora.tid(s text) RETURNS tid LANGUAGE plpgsql IMMUTABLE STRICT AS $$
  DECLARE n bigint := 0; k int; BEGIN
  IF s !~ '^[A-Za-z0-9+/]{18}$' THEN PERFORM ora.raise(1410,'invalid ROWID'); END IF;
  FOR i IN 10..18 LOOP
    k := strpos('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',substr(s,i,1))-1;
    n := n*64+k; END LOOP;
  RETURN ora.tid_in(textout(format('(%s,%s)',n/262144,n%262144))); END $$;
CREATE CAST (text AS tid) WITH FUNCTION ora.tid(text) AS IMPLICIT;
-- what is set when a session begins, or by its client later
CREATE FUNCTION ora.session_id() RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT pg_backend_pid()::numeric $$;
CREATE FUNCTION ora.session_serial() RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT ora.setting('id_serial','1')::numeric $$;
