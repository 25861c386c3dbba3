-- Schema ora: Oracle's functions.
CREATE FUNCTION ora.sysdate() RETURNS ora.date LANGUAGE sql STABLE AS $$
    SELECT ora.mkdate(date_trunc('second',statement_timestamp() AT TIME ZONE 'UTC')) $$;
CREATE FUNCTION ora.systimestamp() RETURNS ora.tstz LANGUAGE sql STABLE AS $$
    SELECT ora.tz_lit(statement_timestamp() AT TIME ZONE 'UTC',0) $$;
CREATE FUNCTION ora.current_timestamp() RETURNS ora.tstz LANGUAGE sql STABLE AS $$
    SELECT ora.tz_lit(u+make_interval(mins=>m),m) FROM (SELECT statement_timestamp() AT TIME ZONE
    'UTC', ora.tz_minutes(ora.sessiontimezone())) x(u,m) $$;
CREATE FUNCTION ora.localtimestamp() RETURNS timestamp LANGUAGE sql STABLE AS $$
    SELECT ora.tz_local(ora.current_timestamp()) $$;
CREATE FUNCTION ora.current_date() RETURNS ora.date LANGUAGE sql STABLE AS $$
    SELECT ora.mkdate(date_trunc('second',ora.localtimestamp())) $$;
CREATE FUNCTION ora.sys_extract_utc(ora.tstz) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ($1).t $$;
CREATE FUNCTION ora.bitand(numeric,numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ($1::bigint & $2::bigint)::numeric $$;
CREATE FUNCTION ora.mod(numeric,numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT
    CASE WHEN $2=0 THEN $1 ELSE pg_catalog.mod($1,$2) END $$;
CREATE FUNCTION ora.to_binary_double(text) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1::float8 $$;
CREATE FUNCTION ora.to_binary_double(numeric) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1::float8 $$;
CREATE FUNCTION ora.to_nchar(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT $1 $$;
CREATE FUNCTION ora.standard_hash(text,text DEFAULT 'SHA1') RETURNS bytea LANGUAGE plpgsql IMMUTABLE
    AS $$ BEGIN RETURN CASE upper($2) WHEN 'MD5' THEN decode(md5(coalesce($1,'')),'hex')
    WHEN 'SHA256' THEN sha256(convert_to(coalesce($1,''),'UTF8')) WHEN 'SHA384'
    THEN sha384(convert_to(coalesce($1,''),'UTF8')) WHEN 'SHA512'
    THEN sha512(convert_to(coalesce($1,''),'UTF8')) END; END $$;
CREATE FUNCTION ora.trunc(ora.date,text DEFAULT 'DD') RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT ora.mkdate(date_trunc(CASE upper($2) WHEN 'DD' THEN 'day' WHEN 'DDD' THEN 'day'
    WHEN 'J' THEN 'day' WHEN 'MM' THEN 'month' WHEN 'MON' THEN 'month' WHEN 'MONTH' THEN 'month'
    WHEN 'YYYY' THEN 'year' WHEN 'YEAR' THEN 'year' WHEN 'YY' THEN 'year' WHEN 'HH24' THEN 'hour'
    WHEN 'HH' THEN 'hour' WHEN 'MI' THEN 'minute' WHEN 'IW' THEN 'week' WHEN 'Q' THEN 'quarter'
    ELSE $2 END,$1::timestamp)) $$;
CREATE FUNCTION ora.trunc(timestamp,text DEFAULT 'DD') RETURNS ora.date
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ora.trunc(ora.mkdate(date_trunc('second',$1)),$2) $$;
CREATE FUNCTION ora.trunc(ora.tstz,text DEFAULT 'DD') RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT ora.trunc(ora.tz_local($1),$2) $$;
CREATE FUNCTION ora.trunc(numeric,numeric DEFAULT 0) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT pg_catalog.trunc($1,$2::int) $$;
CREATE FUNCTION ora.round(numeric,numeric DEFAULT 0) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT pg_catalog.round($1,$2::int) $$;
CREATE FUNCTION ora.last_day(ora.date) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.mkdate(date_trunc('month',$1::timestamp)+interval '1 month'-interval
    '1 day'+($1::timestamp - date_trunc('day',$1::timestamp))) $$;
CREATE FUNCTION ora.add_months(ora.date,numeric) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT CASE WHEN
    date_trunc('day',$1::timestamp)=date_trunc('day',ora.last_day($1)::timestamp)
    THEN ora.last_day(ora.mkdate($1::timestamp+make_interval(months=>$2::int)))
    ELSE ora.mkdate($1::timestamp+make_interval(months=>$2::int)) END $$;
CREATE FUNCTION ora.months_between(a ora.date,b ora.date) RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT CASE WHEN extract(day from a::timestamp)=extract(day
    from b::timestamp) OR (a::timestamp::date=ora.last_day(a)::timestamp::date
    AND b::timestamp::date=ora.last_day(b)::timestamp::date) THEN m
    ELSE m+ora.div(extract(day from a::timestamp)-extract(day from b::timestamp),31) END
    FROM (SELECT (extract(year from a::timestamp)-extract(year from b::timestamp))*12+extract(month
    from a::timestamp)-extract(month from b::timestamp)) x(m) $$;
CREATE FUNCTION ora.at_tz(x ora.tstz, z text) RETURNS ora.tstz LANGUAGE sql STABLE STRICT AS $$
    SELECT ROW((x).t, ora.tz_minutes(z,(x).t))::ora.tstz $$;
CREATE FUNCTION ora.substr(text,numeric,numeric DEFAULT NULL) RETURNS text LANGUAGE sql IMMUTABLE
    AS $$ SELECT CASE WHEN $1 IS NULL OR $2 IS NULL OR $3<1 THEN NULL ELSE nullif(CASE
    WHEN $3 IS NULL THEN pg_catalog.substr($1,p) ELSE pg_catalog.substr($1,p,$3::int) END,'') END
    FROM (SELECT CASE WHEN $2<0 THEN CASE WHEN length($1)+$2<0 THEN 100000000
    ELSE length($1)+$2::int+1 END WHEN $2=0 THEN 1 ELSE $2::int END) x(p) $$;
CREATE FUNCTION ora.substr(ora.clob,numeric,numeric DEFAULT NULL) RETURNS ora.clob
    LANGUAGE sql IMMUTABLE AS $$ SELECT ora.substr($1::text,$2,$3)::ora.clob $$;
CREATE FUNCTION ora.dbms_lob_substr(ora.clob,numeric DEFAULT 32767,numeric DEFAULT 1) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$ SELECT ora.substr($1::text,$3,$2) $$;
CREATE FUNCTION ora.dbms_lob_getlength(ora.clob) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT length($1::text)::numeric $$;
CREATE FUNCTION ora.dbms_lob_getlength(ora.blob) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT length($1::bytea)::numeric $$;
CREATE FUNCTION ora.dbms_lob_compare(ora.clob,ora.clob) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT CASE WHEN $1::text=$2::text THEN 0 WHEN $1::text<$2::text THEN -1 ELSE 1 END::numeric $$;
CREATE FUNCTION ora.dbms_lob_compare(ora.blob,ora.blob) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT CASE WHEN $1::bytea=$2::bytea THEN 0 WHEN $1::bytea<$2::bytea THEN -1 ELSE 1
    END::numeric $$;
CREATE FUNCTION ora.instr(s text, p text, b numeric DEFAULT 1, n numeric DEFAULT 1) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE STRICT AS $$ DECLARE i int:=b::int-1; k int;
    BEGIN FOR j IN 1..n::int LOOP k:=strpos(substr(s,i+1),p); IF k=0 THEN RETURN 0; END IF; i:=i+k;
    END LOOP; RETURN i; END $$;
CREATE FUNCTION ora.length(text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT char_length($1)::numeric $$;
CREATE FUNCTION ora.length(ora.clob) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT char_length($1::text)::numeric $$;
CREATE FUNCTION ora.lengthb(text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT octet_length($1)::numeric $$;
CREATE FUNCTION ora.upper(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT pg_catalog.upper($1) $$;
CREATE FUNCTION ora.lower(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT pg_catalog.lower($1) $$;
CREATE FUNCTION ora.replace(text,text,text DEFAULT '') RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT nullif(pg_catalog.replace($1,$2,coalesce($3,'')),'') $$;
CREATE FUNCTION ora.regexp_replace(text,text,text DEFAULT '') RETURNS text LANGUAGE sql IMMUTABLE
    AS $$ SELECT nullif(pg_catalog.regexp_replace($1,$2,coalesce($3,''),'g'),'') $$;
CREATE FUNCTION ora.regexp_like(text,text) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT $1 ~ $2 $$;
CREATE FUNCTION ora.translate(text,text,text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT nullif(pg_catalog.translate($1,$2,$3),'') $$;
CREATE FUNCTION ora.ltrim(text,text DEFAULT ' ') RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT nullif(pg_catalog.ltrim($1,$2),'') $$;
CREATE FUNCTION ora.rtrim(text,text DEFAULT ' ') RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT nullif(pg_catalog.rtrim($1,$2),'') $$;
CREATE FUNCTION ora.rawtohex(bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT pg_catalog.upper(encode($1,'hex')) $$;
CREATE FUNCTION ora.hextoraw(t text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN
    IF t !~ '^[0-9A-Fa-f]*$' THEN PERFORM ora.raise(1465,'invalid hex number'); END IF;
    RETURN decode(CASE WHEN pg_catalog.length(t)%2=1 THEN '0'||t ELSE t END,'hex'); END $$;
CREATE FUNCTION ora.sys_guid() RETURNS bytea LANGUAGE sql VOLATILE AS $$
    SELECT decode(pg_catalog.replace(gen_random_uuid()::text,'-',''),'hex') $$;
CREATE FUNCTION ora.ora_hash(text,numeric DEFAULT 4294967295) RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT mod((hashtext($1)::bigint+2147483648)::numeric,$2+1)
    $$;
CREATE FUNCTION ora.cur_user() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT ora.setting('usr','APP') $$;
CREATE FUNCTION ora.uid() RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT to_regnamespace(quote_ident(ora.cur_user()))::oid::bigint::numeric $$;
CREATE FUNCTION ora.sys_context(text,text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT
    CASE WHEN pg_catalog.upper($1)<>'USERENV'
    THEN ora.setting('ctx_'||md5(pg_catalog.upper($1)||'.'||pg_catalog.upper($2)),NULL)
    ELSE CASE pg_catalog.upper($2) WHEN 'CURRENT_SCHEMA' THEN ora.setting('sch','APP')
    WHEN 'CURRENT_USER' THEN ora.cur_user() WHEN 'SESSION_USER' THEN ora.cur_user() WHEN 'DB_NAME'
    THEN 'FREEPDB1' WHEN 'CON_NAME' THEN 'FREEPDB1' WHEN 'SERVICE_NAME' THEN ora.setting('id_service',NULL)
    WHEN 'CURRENT_SCHEMAID' THEN ora.uid()::text WHEN 'DB_UNIQUE_NAME' THEN 'FREE'
    WHEN 'INSTANCE_NAME' THEN 'FREE' WHEN 'LANGUAGE' THEN 'AMERICAN_AMERICA.'||ora.setting('charset','AL32UTF8')
    WHEN 'NLS_DATE_FORMAT' THEN ora.setting('nls_date_format','DD-MON-RR') WHEN 'SID'
    THEN pg_backend_pid()::text WHEN 'SESSIONID' THEN pg_backend_pid()::text WHEN 'INSTANCE' THEN '1'
    WHEN 'MODULE' THEN ora.setting('id_module',NULL) WHEN 'ACTION' THEN ora.setting('id_action',NULL)
    WHEN 'CLIENT_INFO' THEN ora.setting('id_client_info',NULL) WHEN 'CLIENT_IDENTIFIER'
    THEN ora.setting('id_client_identifier',NULL) WHEN 'OS_USER' THEN ora.setting('id_osuser',NULL)
    WHEN 'HOST' THEN ora.setting('id_machine',NULL) WHEN 'TERMINAL' THEN ora.setting('id_terminal',NULL)
    WHEN 'CURRENT_EDITION_NAME' THEN 'ORA$BASE' END END $$;
CREATE FUNCTION ora.too_long(col text, actual int, maximum int) RETURNS bool
    LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM
    ora.raise(12899,'value too large for column '||col||' (actual: '||actual||
    ', maximum: '||maximum||')');
    END $$;
CREATE FUNCTION ora.chr(numeric) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT CASE
    WHEN $1=0 THEN U&'\FDD0' ELSE pg_catalog.chr($1::int) END $$;
CREATE FUNCTION ora.longest(numeric) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT least($1,ora.setting('max_string','4000')::numeric)::int $$;
CREATE FUNCTION ora.rpad(text,numeric,text DEFAULT ' ') RETURNS text LANGUAGE sql STABLE STRICT
    AS $$ SELECT nullif(pg_catalog.rpad($1,ora.longest($2),$3),'') $$;
CREATE FUNCTION ora.lpad(text,numeric,text DEFAULT ' ') RETURNS text LANGUAGE sql STABLE STRICT
    AS $$ SELECT nullif(pg_catalog.lpad($1,ora.longest($2),$3),'') $$;
CREATE FUNCTION ora.unistr(s text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT pg_catalog.unistr($1) $$;
CREATE FUNCTION ora.trunc(ora.ltz,text DEFAULT 'DD') RETURNS ora.date LANGUAGE sql STABLE STRICT
    AS $$ SELECT ora.trunc(ora.ltz_seen($1),$2) $$;
CREATE FUNCTION ora.sys_extract_utc(ora.ltz) RETURNS timestamp LANGUAGE sql STABLE STRICT AS $$
    SELECT (ora.ltz_zoned($1)).t $$;
CREATE FUNCTION ora.at_tz(x ora.ltz, z text) RETURNS ora.tstz LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.at_tz(ora.ltz_zoned(x),z) $$;
-- FLOAT(n): as many decimal digits as n binary ones need
CREATE FUNCTION ora.fit_float(v numeric, digits int) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT CASE WHEN v=0 THEN v ELSE trim_scale(pg_catalog.round(v, digits -
    CASE WHEN abs(v)>=1 THEN char_length(pg_catalog.trunc(abs(v))::text)
    ELSE -char_length(substring(v::text from '^-?0\.(0*)')) END)) END $$;
CREATE FUNCTION ora.power(a numeric,b numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$ DECLARE r numeric; BEGIN
    IF a<>0 AND b*log(abs(a))>=126 THEN RAISE numeric_value_out_of_range; END IF;
    IF a<>0 AND b*log(abs(a)) < -130 THEN RETURN 0; END IF;
    IF a<0 AND b<>pg_catalog.trunc(b) THEN
    PERFORM ora.raise(1428,'argument '||a||' is out of range'); END IF;
    r := pg_catalog.power(a,b); RETURN r;
    EXCEPTION WHEN numeric_value_out_of_range THEN PERFORM ora.raise(1426,'numeric overflow'); END $$;
CREATE FUNCTION ora.power(float8,float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT pg_catalog.power($1,$2) $$;
-- the pattern of LIKE ... ESCAPE, checked: the escape character stands before %, _ and itself
CREATE FUNCTION ora.escaped(pattern text, e text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$ BEGIN
    IF length(e)<>1 THEN PERFORM
    ora.raise(1425,'escape character must be character string of length 1'); END IF;
    IF pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pattern,e||e,''),e||'%',''),
    e||'_','') LIKE ('%\'||e||'%') THEN PERFORM
    ora.raise(1424,'missing or illegal character following the escape character'); END IF;
    RETURN pattern; END $$;
