-- Schema ora: Oracle's types and its implicit conversions, in PostgreSQL's own SQL.
-- Settings of a session are in the parameters oranls.*.
CREATE SCHEMA ora;
CREATE SCHEMA "SYS";
-- Types of their own, binary-compatible with PostgreSQL's: made from its own C functions.
CREATE TYPE ora.clob;
CREATE FUNCTION ora.clob_in(cstring) RETURNS ora.clob LANGUAGE internal IMMUTABLE STRICT PARALLEL
    SAFE AS 'textin';
CREATE FUNCTION ora.clob_out(ora.clob) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL
    SAFE AS 'textout';
CREATE TYPE ora.clob (INPUT=ora.clob_in, OUTPUT=ora.clob_out, LIKE=text);
CREATE CAST (text AS ora.clob) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (ora.clob AS text) WITHOUT FUNCTION AS ASSIGNMENT;
-- objects and collections: JSON with the type's name and the parts
CREATE TYPE ora.udt;
CREATE FUNCTION ora.udt_in(cstring) RETURNS ora.udt LANGUAGE internal IMMUTABLE STRICT PARALLEL
    SAFE AS 'textin';
CREATE FUNCTION ora.udt_out(ora.udt) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL
    SAFE AS 'textout';
CREATE TYPE ora.udt (INPUT=ora.udt_in, OUTPUT=ora.udt_out, LIKE=text);
CREATE FUNCTION ora.construct(type_name text, parts json) RETURNS ora.udt LANGUAGE sql IMMUTABLE AS
    $$ SELECT ora.udt_in(textout(json_build_object('t',type_name,'v',parts)::text)) $$;
-- CURSOR(..): JSON with the names, the types and the rows
CREATE TYPE ora.cursor;
CREATE FUNCTION ora.cursor_in(cstring) RETURNS ora.cursor LANGUAGE internal IMMUTABLE STRICT PARALLEL
    SAFE AS 'textin';
CREATE FUNCTION ora.cursor_out(ora.cursor) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT
    PARALLEL SAFE AS 'textout';
CREATE TYPE ora.cursor (INPUT=ora.cursor_in, OUTPUT=ora.cursor_out, LIKE=text);
CREATE FUNCTION ora.as_cursor(names json, types json, cells json) RETURNS ora.cursor LANGUAGE sql
    IMMUTABLE AS $$ SELECT ora.cursor_in(textout(json_build_object('n',names,'t',types,'r',
    coalesce(cells,'[]'::json))::text)) $$;
-- CHAR: text that is padded to its length; the modifier is n, or 100000 + n for n bytes
CREATE TYPE ora.fixed;
CREATE FUNCTION ora.fixed_in(cstring) RETURNS ora.fixed LANGUAGE internal IMMUTABLE STRICT PARALLEL
    SAFE AS 'textin';
CREATE FUNCTION ora.fixed_out(ora.fixed) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL
    SAFE AS 'textout';
CREATE TYPE ora.fixed (INPUT=ora.fixed_in, OUTPUT=ora.fixed_out, TYPMOD_IN=bpchartypmodin,
    TYPMOD_OUT=bpchartypmodout, LIKE=text, CATEGORY='S', COLLATABLE=true);
CREATE CAST (ora.fixed AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (text AS ora.fixed) WITHOUT FUNCTION AS ASSIGNMENT;
-- pads; cuts where a cast is written, and else leaves what is too long to the column's check
CREATE FUNCTION ora.fit_fixed(v ora.fixed, modifier int4, written bool) RETURNS ora.fixed
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN size < n
    THEN (v::text||repeat(' ',n-size))::ora.fixed WHEN size > n AND written
    THEN left(v::text,n)::ora.fixed ELSE v END FROM (SELECT (modifier-4)%100000,
    CASE WHEN modifier > 100000 THEN octet_length(v::text) ELSE char_length(v::text) END) x(n,size) $$;
CREATE CAST (ora.fixed AS ora.fixed) WITH FUNCTION ora.fit_fixed(ora.fixed,int4,bool) AS IMPLICIT;
-- compared without blanks at the end
DO $do$ DECLARE r record; BEGIN FOR r IN SELECT * FROM (VALUES ('lt', '<', '>', '>='), ('le', '<=',
    '>=', '>'), ('eq', '=', '=', '<>'), ('ge', '>=', '<=', '<'), ('gt', '>', '<', '<='), ('ne',
    '<>', '<>', '=')) v(n,op,com,neg) LOOP
 EXECUTE
    format('CREATE FUNCTION ora.fixed_%s(ora.fixed,ora.fixed) RETURNS bool LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''bpchar%s''',
    r.n, r.n);
 EXECUTE
    format('CREATE OPERATOR ora.%s (LEFTARG=ora.fixed, RIGHTARG=ora.fixed, FUNCTION=ora.fixed_%s, COMMUTATOR=OPERATOR(ora.%s), NEGATOR=OPERATOR(ora.%s)%s)',
    r.op, r.n, r.com, r.neg, CASE WHEN r.n='eq' THEN ', HASHES, MERGES' ELSE '' END);
END LOOP; END $do$;
CREATE FUNCTION ora.fixed_cmp(ora.fixed,ora.fixed) RETURNS int LANGUAGE internal IMMUTABLE STRICT
    PARALLEL SAFE AS 'bpcharcmp';
CREATE FUNCTION ora.fixed_hash(ora.fixed) RETURNS int LANGUAGE internal IMMUTABLE STRICT PARALLEL
    SAFE AS 'hashbpchar';
CREATE OPERATOR CLASS ora.fixed_ops DEFAULT FOR TYPE ora.fixed USING btree AS OPERATOR 1 ora.<,
    OPERATOR 2 ora.<=, OPERATOR 3 ora.=, OPERATOR 4 ora.>=, OPERATOR 5 ora.>,
    FUNCTION 1 ora.fixed_cmp(ora.fixed,ora.fixed);
CREATE OPERATOR CLASS ora.fixed_hash DEFAULT FOR TYPE ora.fixed USING hash AS OPERATOR 1 ora.=,
    FUNCTION 1 ora.fixed_hash(ora.fixed);
CREATE TYPE ora.blob;
CREATE FUNCTION ora.blob_in(cstring) RETURNS ora.blob LANGUAGE internal IMMUTABLE STRICT
    AS 'byteain';
CREATE FUNCTION ora.blob_out(ora.blob) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT
    AS 'byteaout';
CREATE TYPE ora.blob (INPUT=ora.blob_in, OUTPUT=ora.blob_out, LIKE=bytea);
CREATE CAST (bytea AS ora.blob) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (ora.blob AS bytea) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE TYPE ora.date;
CREATE FUNCTION ora.date_in(cstring, oid, int4) RETURNS ora.date LANGUAGE internal STABLE STRICT
    AS 'timestamp_in';
CREATE FUNCTION ora.date_out(ora.date) RETURNS cstring LANGUAGE internal STABLE STRICT
    AS 'timestamp_out';
CREATE TYPE ora.date (INPUT=ora.date_in, OUTPUT=ora.date_out, LIKE=timestamp, CATEGORY='D');
CREATE CAST (ora.date AS timestamp) WITHOUT FUNCTION AS IMPLICIT;
CREATE FUNCTION ora.mkdate(timestamp,int4) RETURNS ora.date LANGUAGE internal IMMUTABLE STRICT
    PARALLEL SAFE AS 'timestamp_scale';
CREATE FUNCTION ora.mkdate(timestamp) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT ora.mkdate($1,0) $$;
CREATE CAST (timestamp AS ora.date) WITH FUNCTION ora.mkdate(timestamp) AS ASSIGNMENT;
CREATE FUNCTION ora.dlarger(ora.date,ora.date) RETURNS ora.date LANGUAGE internal IMMUTABLE STRICT
    AS 'timestamp_larger';
CREATE FUNCTION ora.dsmaller(ora.date,ora.date) RETURNS ora.date LANGUAGE internal IMMUTABLE STRICT
    AS 'timestamp_smaller';
CREATE AGGREGATE ora.max(ora.date) (SFUNC=ora.dlarger, STYPE=ora.date);
CREATE AGGREGATE ora.min(ora.date) (SFUNC=ora.dsmaller, STYPE=ora.date);
CREATE FUNCTION ora.dadd(ora.date,numeric) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.mkdate($1::timestamp + make_interval(secs=>($2*86400)::float8)) $$;
CREATE FUNCTION ora.dsub(ora.date,numeric) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.dadd($1,-$2) $$;
CREATE FUNCTION ora.tadd(timestamp,numeric) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.mkdate($1 + make_interval(secs=>($2*86400)::float8)) $$;
CREATE FUNCTION ora.tsub(timestamp,numeric) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.tadd($1,-$2) $$;
CREATE FUNCTION ora.ddiff(ora.date,ora.date) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT extract(epoch from
    ($1::timestamp-$2::timestamp))::numeric(30,0)/86400.0000000000000000000000000000 $$;
CREATE OPERATOR ora.+ (LEFTARG=ora.date, RIGHTARG=numeric, FUNCTION=ora.dadd);
CREATE OPERATOR ora.- (LEFTARG=ora.date, RIGHTARG=numeric, FUNCTION=ora.dsub);
CREATE OPERATOR ora.- (LEFTARG=ora.date, RIGHTARG=ora.date, FUNCTION=ora.ddiff);
CREATE OPERATOR ora.+ (LEFTARG=timestamp, RIGHTARG=numeric, FUNCTION=ora.tadd);
CREATE OPERATOR ora.- (LEFTARG=timestamp, RIGHTARG=numeric, FUNCTION=ora.tsub);
-- comparisons of its own: with the implicit casts alone, date = date would be ambiguous
DO $do$ DECLARE r record; BEGIN FOR r IN SELECT * FROM (VALUES ('lt', '<', '>', '>='), ('le', '<=',
    '>=', '>'), ('eq', '=', '=', '<>'), ('ge', '>=', '<=', '<'), ('gt', '>', '<', '<='), ('ne',
    '<>', '<>', '=')) v(n,op,com,neg) LOOP
 EXECUTE
    format('CREATE FUNCTION ora.d_%s(ora.date,ora.date) RETURNS bool LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''timestamp_%s''',
    r.n, r.n);
 EXECUTE
    format('CREATE OPERATOR ora.%s (LEFTARG=ora.date, RIGHTARG=ora.date, FUNCTION=ora.d_%s, COMMUTATOR=OPERATOR(ora.%s), NEGATOR=OPERATOR(ora.%s)%s)',
    r.op, r.n, r.com, r.neg, CASE WHEN r.n='eq' THEN ', HASHES, MERGES' ELSE '' END);
END LOOP; END $do$;
CREATE FUNCTION ora.d_cmp(ora.date,ora.date) RETURNS int LANGUAGE internal IMMUTABLE STRICT PARALLEL
    SAFE AS 'timestamp_cmp';
CREATE FUNCTION ora.d_hash(ora.date) RETURNS int LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'timestamp_hash';
CREATE OPERATOR CLASS ora.date_ops DEFAULT FOR TYPE ora.date USING btree AS OPERATOR 1 ora.<,
    OPERATOR 2 ora.<=, OPERATOR 3 ora.=, OPERATOR 4 ora.>=, OPERATOR 5 ora.>,
    FUNCTION 1 ora.d_cmp(ora.date,ora.date);
CREATE OPERATOR CLASS ora.date_hash DEFAULT FOR TYPE ora.date USING hash AS OPERATOR 1 ora.=,
    FUNCTION 1 ora.d_hash(ora.date);
-- TIMESTAMP WITH TIME ZONE that keeps its offset: (utc, minutes); compared by the instant
CREATE TYPE ora.tstz AS (t timestamp, o int2);
CREATE FUNCTION ora.tz_cmp(ora.tstz,ora.tstz) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT timestamp_cmp(($1).t,($2).t) $$;
DO $do$ DECLARE r record; BEGIN FOR r IN SELECT * FROM (VALUES ('lt', '<', '>', '>='), ('le', '<=',
    '>=', '>'), ('eq', '=', '=', '<>'), ('ge', '>=', '<=', '<'), ('gt', '>', '<', '<='), ('ne',
    '<>', '<>', '=')) v(n,op,com,neg) LOOP
 EXECUTE
    format('CREATE FUNCTION ora.tz_%s(ora.tstz,ora.tstz) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $f$ SELECT ($1).t %s ($2).t $f$',
    r.n, r.op);
 EXECUTE format('CREATE OPERATOR ora.%s (LEFTARG=ora.tstz, RIGHTARG=ora.tstz, FUNCTION=ora.tz_%s)',
    r.op, r.n);
END LOOP; END $do$;
CREATE OPERATOR CLASS ora.tstz_ops DEFAULT FOR TYPE ora.tstz USING btree AS OPERATOR 1 ora.<,
    OPERATOR 2 ora.<=, OPERATOR 3 ora.=, OPERATOR 4 ora.>=, OPERATOR 5 ora.>,
    FUNCTION 1 ora.tz_cmp(ora.tstz,ora.tstz);
CREATE FUNCTION ora.tz_larger(a ora.tstz,b ora.tstz) RETURNS ora.tstz LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT CASE WHEN (a).t >= (b).t THEN a ELSE b END $$;
CREATE FUNCTION ora.tz_smaller(a ora.tstz,b ora.tstz) RETURNS ora.tstz LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT CASE WHEN (a).t <= (b).t THEN a ELSE b END $$;
CREATE AGGREGATE ora.max(ora.tstz) (SFUNC=ora.tz_larger, STYPE=ora.tstz);
CREATE AGGREGATE ora.min(ora.tstz) (SFUNC=ora.tz_smaller, STYPE=ora.tstz);
CREATE FUNCTION ora.tz_local(x ora.tstz) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT (x).t + make_interval(mins=>(x).o::int) $$;
CREATE FUNCTION ora.tz_date(x ora.tstz) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.mkdate(ora.tz_local(x)) $$;
CREATE FUNCTION ora.tz_lit(l timestamp, o int) RETURNS ora.tstz LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ROW(l - make_interval(mins=>o), o)::ora.tstz $$;
CREATE CAST (ora.tstz AS timestamp) WITH FUNCTION ora.tz_local(ora.tstz) AS ASSIGNMENT;
CREATE CAST (ora.tstz AS ora.date) WITH FUNCTION ora.tz_date(ora.tstz) AS ASSIGNMENT;
-- a time without zone is in the session's TIME_ZONE
CREATE FUNCTION ora.setting(k text, d text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('oranls.'||k,true),''),d) $$;
CREATE FUNCTION ora.tz_minutes(z text, at timestamp DEFAULT now() AT TIME ZONE 'UTC') RETURNS int
    LANGUAGE sql STABLE STRICT AS $$ SELECT CASE WHEN z ~ '^[+-]?\d' THEN (CASE WHEN z LIKE '-%'
    THEN -1 ELSE 1
    END)*(abs(split_part(z,':',1)::int)*60+coalesce(nullif(split_part(z,':',2),'')::int,0))
    ELSE (extract(epoch from ((at AT TIME ZONE 'UTC') AT TIME ZONE z) - at)/60)::int END $$;
CREATE FUNCTION ora.sessiontimezone() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT ora.setting('time_zone', '+00:00') $$;
CREATE FUNCTION ora.dbtimezone() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT ora.setting('db_time_zone', '+00:00') $$;
CREATE FUNCTION ora.tz_from(x timestamp) RETURNS ora.tstz LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.tz_lit(x, ora.tz_minutes(ora.sessiontimezone(), x)) $$;
CREATE FUNCTION ora.tz_fromd(x ora.date) RETURNS ora.tstz LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.tz_from(x::timestamp) $$;
CREATE CAST (timestamp AS ora.tstz) WITH FUNCTION ora.tz_from(timestamp) AS IMPLICIT;
CREATE CAST (ora.date AS ora.tstz) WITH FUNCTION ora.tz_fromd(ora.date) AS IMPLICIT;
-- TIMESTAMP WITH LOCAL TIME ZONE: kept in DBTIMEZONE, seen in the session's TIME_ZONE
CREATE TYPE ora.ltz;
CREATE FUNCTION ora.ltz_in(cstring, oid, int4) RETURNS ora.ltz LANGUAGE internal STABLE STRICT
    AS 'timestamp_in';
CREATE FUNCTION ora.ltz_out(ora.ltz) RETURNS cstring LANGUAGE internal STABLE STRICT
    AS 'timestamp_out';
CREATE TYPE ora.ltz (INPUT=ora.ltz_in, OUTPUT=ora.ltz_out, TYPMOD_IN=timestamptypmodin,
    TYPMOD_OUT=timestamptypmodout, LIKE=timestamp, CATEGORY='D');
CREATE FUNCTION ora.ltz_scale(ora.ltz,int4) RETURNS ora.ltz LANGUAGE internal IMMUTABLE STRICT
    AS 'timestamp_scale';
CREATE CAST (ora.ltz AS ora.ltz) WITH FUNCTION ora.ltz_scale(ora.ltz,int4) AS IMPLICIT;
CREATE FUNCTION ora.ltz_kept(ora.ltz,int4) RETURNS timestamp LANGUAGE internal IMMUTABLE STRICT
    AS 'timestamp_scale';
CREATE FUNCTION ora.ltz_keep(timestamp,int4) RETURNS ora.ltz LANGUAGE internal IMMUTABLE STRICT
    AS 'timestamp_scale';
CREATE FUNCTION ora.ltz_zoned(x ora.ltz) RETURNS ora.tstz LANGUAGE sql STABLE STRICT AS $$
    SELECT ROW(u, ora.tz_minutes(ora.sessiontimezone(),u))::ora.tstz FROM (SELECT
    ora.ltz_kept(x,6) - make_interval(mins=>ora.tz_minutes(ora.dbtimezone()))) v(u) $$;
CREATE FUNCTION ora.zoned_ltz(x ora.tstz) RETURNS ora.ltz LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.ltz_keep((x).t + make_interval(mins=>ora.tz_minutes(ora.dbtimezone())),6) $$;
CREATE FUNCTION ora.ltz_seen(x ora.ltz) RETURNS timestamp LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.tz_local(ora.ltz_zoned(x)) $$;
CREATE FUNCTION ora.seen_ltz(x timestamp) RETURNS ora.ltz LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.zoned_ltz(ora.tz_from(x)) $$;
CREATE FUNCTION ora.ltz_date(x ora.ltz) RETURNS ora.date LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.mkdate(ora.ltz_seen(x)) $$;
CREATE FUNCTION ora.date_ltz(x ora.date) RETURNS ora.ltz LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.seen_ltz(x::timestamp) $$;
CREATE CAST (ora.ltz AS ora.tstz) WITH FUNCTION ora.ltz_zoned(ora.ltz) AS IMPLICIT;
CREATE CAST (ora.tstz AS ora.ltz) WITH FUNCTION ora.zoned_ltz(ora.tstz) AS ASSIGNMENT;
CREATE CAST (ora.ltz AS timestamp) WITH FUNCTION ora.ltz_seen(ora.ltz) AS IMPLICIT;
CREATE CAST (timestamp AS ora.ltz) WITH FUNCTION ora.seen_ltz(timestamp) AS ASSIGNMENT;
CREATE CAST (ora.ltz AS ora.date) WITH FUNCTION ora.ltz_date(ora.ltz) AS ASSIGNMENT;
CREATE CAST (ora.date AS ora.ltz) WITH FUNCTION ora.date_ltz(ora.date) AS ASSIGNMENT;
DO $do$ DECLARE r record; BEGIN FOR r IN SELECT * FROM (VALUES ('lt', '<', '>', '>='), ('le', '<=',
    '>=', '>'), ('eq', '=', '=', '<>'), ('ge', '>=', '<=', '<'), ('gt', '>', '<', '<='), ('ne',
    '<>', '<>', '=')) v(n,op,com,neg) LOOP
 EXECUTE
    format('CREATE FUNCTION ora.ltz_%s(ora.ltz,ora.ltz) RETURNS bool LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS ''timestamp_%s''',
    r.n, r.n);
 EXECUTE
    format('CREATE OPERATOR ora.%s (LEFTARG=ora.ltz, RIGHTARG=ora.ltz, FUNCTION=ora.ltz_%s, COMMUTATOR=OPERATOR(ora.%s), NEGATOR=OPERATOR(ora.%s)%s)',
    r.op, r.n, r.com, r.neg, CASE WHEN r.n='eq' THEN ', HASHES, MERGES' ELSE '' END);
END LOOP; END $do$;
CREATE FUNCTION ora.ltz_cmp(ora.ltz,ora.ltz) RETURNS int LANGUAGE internal IMMUTABLE STRICT
    PARALLEL SAFE AS 'timestamp_cmp';
CREATE FUNCTION ora.ltz_hash(ora.ltz) RETURNS int LANGUAGE internal IMMUTABLE STRICT PARALLEL
    SAFE AS 'timestamp_hash';
CREATE OPERATOR CLASS ora.ltz_ops DEFAULT FOR TYPE ora.ltz USING btree AS OPERATOR 1 ora.<,
    OPERATOR 2 ora.<=, OPERATOR 3 ora.=, OPERATOR 4 ora.>=, OPERATOR 5 ora.>,
    FUNCTION 1 ora.ltz_cmp(ora.ltz,ora.ltz);
CREATE OPERATOR CLASS ora.ltz_hashed DEFAULT FOR TYPE ora.ltz USING hash AS OPERATOR 1 ora.=,
    FUNCTION 1 ora.ltz_hash(ora.ltz);
CREATE FUNCTION ora.ltz_larger(ora.ltz,ora.ltz) RETURNS ora.ltz LANGUAGE internal IMMUTABLE STRICT
    AS 'timestamp_larger';
CREATE FUNCTION ora.ltz_smaller(ora.ltz,ora.ltz) RETURNS ora.ltz LANGUAGE internal IMMUTABLE STRICT
    AS 'timestamp_smaller';
CREATE AGGREGATE ora.max(ora.ltz) (SFUNC=ora.ltz_larger, STYPE=ora.ltz);
CREATE AGGREGATE ora.min(ora.ltz) (SFUNC=ora.ltz_smaller, STYPE=ora.ltz);
CREATE FUNCTION ora.tz_add(ora.tstz,numeric) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.tadd(ora.tz_local($1),$2) $$;
CREATE FUNCTION ora.tz_addn(ora.tstz,numeric) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.tadd(ora.tz_local($1),-$2) $$;
CREATE FUNCTION ora.tz_addi(ora.tstz,interval) RETURNS ora.tstz LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ROW(($1).t+$2,($1).o)::ora.tstz $$;
CREATE FUNCTION ora.tz_subi(ora.tstz,interval) RETURNS ora.tstz LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ROW(($1).t-$2,($1).o)::ora.tstz $$;
CREATE OPERATOR ora.+ (LEFTARG=ora.tstz, RIGHTARG=numeric, FUNCTION=ora.tz_add);
CREATE OPERATOR ora.- (LEFTARG=ora.tstz, RIGHTARG=numeric, FUNCTION=ora.tz_addn);
CREATE OPERATOR ora.+ (LEFTARG=ora.tstz, RIGHTARG=interval, FUNCTION=ora.tz_addi);
CREATE OPERATOR ora.- (LEFTARG=ora.tstz, RIGHTARG=interval, FUNCTION=ora.tz_subi);
-- Implicit conversions that Oracle makes.
CREATE FUNCTION ora.raise(code int, msg text) RETURNS bool LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION USING ERRCODE='OR000', MESSAGE='ORA-'||lpad(code::text,5,'0')||': '||msg;
    END $$;
CREATE FUNCTION ora.t2n(text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN
    RETURN pg_catalog.numeric_in(pg_catalog.textout(pg_catalog.btrim($1)),0,-1); EXCEPTION
    WHEN others THEN PERFORM ora.raise(1722,CASE ora.setting('values_told', '') WHEN 'yes' THEN
    'unable to convert string value containing '||quote_literal($1)||' to a number: '
    ELSE 'invalid number' END);
    END $$;
CREATE CAST (text AS numeric) WITH FUNCTION ora.t2n(text) AS IMPLICIT;
CREATE FUNCTION ora.f2n(ora.fixed) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.t2n($1::text) $$;
CREATE CAST (ora.fixed AS numeric) WITH FUNCTION ora.f2n(ora.fixed) AS IMPLICIT;
CREATE FUNCTION ora.fmt(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT regexp_replace(regexp_replace(regexp_replace(upper($1),'RRRR', 'YYYY', 'g'),'RR', 'YY',
    'g'),'(^|[^F])FF([^0-9]|$)', '\1FF6\2', 'g') $$;
CREATE FUNCTION ora.to_char(numeric) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT regexp_replace(trim_scale($1)::text,'^(-?)0\.', '\1.') $$;
CREATE FUNCTION ora.to_char(numeric,text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT pg_catalog.to_char($1,$2) $$;
CREATE FUNCTION ora.to_char(float8) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1::text $$;
CREATE FUNCTION ora.to_char(timestamp,text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT pg_catalog.to_char($1,ora.fmt($2)) $$;
CREATE FUNCTION ora.to_char(ora.date,text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT pg_catalog.to_char($1::timestamp,ora.fmt($2)) $$;
CREATE FUNCTION ora.to_char(timestamp) RETURNS text LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.to_char($1,ora.setting('nls_timestamp_format', 'DD-MON-RR HH.MI.SS.FF6 AM')) $$;
CREATE FUNCTION ora.to_char(ora.date) RETURNS text LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.to_char($1,ora.setting('nls_date_format', 'DD-MON-RR')) $$;
CREATE FUNCTION ora.offs(int2) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT CASE
    WHEN $1<0 THEN '-' ELSE '+'
    END||lpad((abs($1)/60)::text,2,'0')||':'||lpad((abs($1)%60)::text,2,'0') $$;
CREATE FUNCTION ora.to_char(ora.tstz,text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.to_char(ora.tz_local($1),regexp_replace($2,'TZH:TZM|TZR', '"'||ora.offs(($1).o)||'"',
    'ig')) $$;
CREATE FUNCTION ora.to_char(ora.tstz) RETURNS text LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.to_char($1,'DD-MON-RR HH.MI.SS.FF6 AM TZR') $$;
CREATE FUNCTION ora.to_char(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT $1 $$;
CREATE FUNCTION ora.to_char(ora.clob) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1::text $$;
CREATE FUNCTION ora.to_clob(text) RETURNS ora.clob LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1::ora.clob $$;
CREATE FUNCTION ora.to_number(text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.t2n($1) $$;
CREATE FUNCTION ora.to_number(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1 $$;
CREATE FUNCTION ora.tc(anyelement) RETURNS text LANGUAGE sql STABLE AS $$ SELECT $1::text $$;
CREATE FUNCTION ora.tc(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
CREATE CAST (text AS json) WITH INOUT AS ASSIGNMENT;
CREATE FUNCTION ora.tc(int8) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text $$;
CREATE FUNCTION ora.tc(int2) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text $$;
CREATE FUNCTION ora.tc(float8) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text $$;
CREATE FUNCTION ora.tc(bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_catalog.upper(encode($1,'hex')) $$;
CREATE FUNCTION ora.tc(ora.blob) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT convert_from($1::bytea,'UTF8') $$;
CREATE FUNCTION ora.tc(ora.clob) RETURNS ora.clob LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
CREATE FUNCTION ora.n2b(numeric) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT $1<>0 $$;
CREATE FUNCTION ora.b_eq(bool,numeric) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1=($2<>0) $$;
CREATE FUNCTION ora.b_ne(bool,numeric) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1<>($2<>0) $$;
CREATE OPERATOR ora.= (LEFTARG=bool, RIGHTARG=numeric, FUNCTION=ora.b_eq);
CREATE OPERATOR ora.<> (LEFTARG=bool, RIGHTARG=numeric, FUNCTION=ora.b_ne);
CREATE CAST (numeric AS bool) WITH FUNCTION ora.n2b(numeric) AS ASSIGNMENT;
CREATE FUNCTION ora.bitor(numeric,numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ($1::bigint | $2::bigint)::numeric $$;
CREATE FUNCTION ora.bitxor(numeric,numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ($1::bigint # $2::bigint)::numeric $$;
CREATE FUNCTION ora.tc(int4) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text $$;
CREATE FUNCTION ora.tc(numeric) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT ora.to_char($1) $$;
CREATE FUNCTION ora.tc(ora.date) RETURNS text LANGUAGE sql STABLE AS $$ SELECT ora.to_char($1) $$;
CREATE FUNCTION ora.tc(timestamp) RETURNS text LANGUAGE sql STABLE AS $$ SELECT ora.to_char($1) $$;
CREATE FUNCTION ora.tc(ora.tstz) RETURNS text LANGUAGE sql STABLE AS $$ SELECT ora.to_char($1) $$;
CREATE FUNCTION ora.to_char(ora.ltz,text) RETURNS text LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.to_char(ora.ltz_zoned($1),$2) $$;
CREATE FUNCTION ora.to_char(ora.ltz) RETURNS text LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.to_char(ora.ltz_seen($1)) $$;
CREATE FUNCTION ora.tc(ora.ltz) RETURNS text LANGUAGE sql STABLE AS $$ SELECT ora.to_char($1) $$;
CREATE FUNCTION ora.cat0(text,text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE
    WHEN $1 IS NULL THEN $2 WHEN $2 IS NULL THEN $1 ELSE $1||$2 END $$;
CREATE FUNCTION ora.too_much_text() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM
    ora.raise(1489,'result of string concatenation is too long'); END $$;
CREATE FUNCTION ora.short_text(text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT CASE
    WHEN octet_length($1)>4000 AND octet_length($1)>ora.setting('max_string','4000')::int
    THEN ora.too_much_text() ELSE $1 END $$;
CREATE FUNCTION ora.cat(text,text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT ora.short_text(ora.cat0($1,$2)) $$;
CREATE FUNCTION ora.cat(ora.clob,text) RETURNS ora.clob LANGUAGE sql IMMUTABLE AS $$
    SELECT ora.cat0($1::text,$2)::ora.clob $$;
CREATE FUNCTION ora.cat(text,ora.clob) RETURNS ora.clob LANGUAGE sql IMMUTABLE AS $$
    SELECT ora.cat0($1,$2::text)::ora.clob $$;
CREATE FUNCTION ora.cat(ora.clob,ora.clob) RETURNS ora.clob LANGUAGE sql IMMUTABLE AS $$
    SELECT ora.cat0($1::text,$2::text)::ora.clob $$;
CREATE FUNCTION ora.div(numeric,numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT trim_scale(($1 + 0.0000000000000000000000000000000000000000)/$2) $$;
CREATE FUNCTION ora.div(float8,float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1/$2 $$;
