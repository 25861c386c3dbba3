-- What PostgreSQL's catalog does not know, and schema "SYS": DUAL, the data dictionary and the
-- V$ views, with Oracle's names.
CREATE FUNCTION ora.type_name(oid) RETURNS text LANGUAGE sql STABLE AS $$ SELECT CASE
    WHEN typnamespace='ora'::regnamespace THEN 'ora.'||typname ELSE format_type(oid,NULL) END
    FROM pg_type WHERE oid=$1 $$;
CREATE TABLE ora.usr(name text primary key, password text not null, quota bool not null);
CREATE TABLE ora.sysgrant(grantee text, privilege text, primary key(grantee,privilege));
CREATE TABLE ora.objgrant(relid oid, grantee text, privilege text,
    primary key(relid,grantee,privilege));
CREATE FUNCTION ora.may(text) RETURNS bool LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT 1
    FROM ora.sysgrant WHERE grantee IN (ora.cur_user(),'PUBLIC') AND privilege=$1) $$;
-- whether the session's user sees an object
CREATE FUNCTION ora.sees(owner name, relid oid) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT owner::text=ora.cur_user() OR (owner !~ '^(pg_|information_schema|ora$|public)'
    AND owner<>'SYS' AND (ora.may('SELECT ANY TABLE') OR EXISTS (SELECT 1 FROM ora.objgrant g
    WHERE g.relid=sees.relid AND g.grantee IN (ora.cur_user(),'PUBLIC')))) $$;
-- whether the session's user may run stored code, or use a type
CREATE FUNCTION ora.runs(owner text, kind text) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT owner=ora.cur_user() OR ora.may(CASE kind WHEN 'TYPE' THEN 'EXECUTE ANY TYPE'
    ELSE 'EXECUTE ANY PROCEDURE' END) $$;
CREATE TABLE ora.release(version text, version_full text, banner text, compatible text,
    max_string_size text, charset text);
INSERT INTO ora.release DEFAULT VALUES;
CREATE TABLE ora.longname(short text primary key, name text not null);
CREATE FUNCTION ora.ln(n name) RETURNS text LANGUAGE sql STABLE AS $$ SELECT CASE
    WHEN n::text !~ '_#[0-9a-f]{12}$' THEN n::text ELSE coalesce((SELECT l.name FROM ora.longname l
    WHERE l.short=n::text),n::text) END $$;
CREATE SEQUENCE ora.sysc START 8000;
CREATE TABLE ora.tab(relid oid primary key, gtt text, compression text,
    moves bool not null default false, iot bool not null default false, parts text, unused int not null default 0);
-- whether a rule is on that PostgreSQL's side of a table asks for
CREATE FUNCTION ora.ruled(rule text) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT ora.setting('rules','') !~ ('\m'||$1||'\M') $$;
CREATE TABLE ora.col(relid oid, attnum int2, dtype text, dlen int, clen int, cu text, prec int,
    scale int, idgen text, idopts text, dflt text, don bool, virt bool, hidden bool not null default false,
    is_json bool not null default false, primary key(relid,attnum));
CREATE TABLE ora.trig(owner text, name text, relid oid, kind text, events text, status text,
    valid bool, primary key(owner,name));
-- stored procedures, functions, packages and types, with their text and what the types are of
CREATE TABLE ora.code(owner text, name text, kind text, source text, primary key(owner,name,kind));
CREATE TABLE ora.typ(owner text, package text, name text, form text, elem_owner text,
    elem_package text, elem_name text, elem_length int, elem_precision int, elem_scale int,
    upper_bound int, of_unit text);
CREATE TABLE ora.attr(owner text, package text, name text, attr text, pos int, attr_owner text,
    attr_package text, attr_type text, length int, precision int, scale int, of_unit text);
CREATE TABLE ora.syn(owner text, name text, t_owner text, t_name text, db_link text,
    primary key(owner,name));
CREATE TABLE ora.mvkey(relid oid primary key, name name, keys int2[]);
CREATE TABLE ora.viewtext(relid oid primary key, query text);
-- what DBMS_STATS found: of a table with attnum 0, of a column with its own
CREATE TABLE ora.stats(relid oid, attnum int2, num_rows numeric, nulls numeric, kinds numeric,
    at timestamp, primary key(relid,attnum));
CREATE FUNCTION ora.gather(t oid) RETURNS void LANGUAGE plpgsql AS $$ DECLARE a record; BEGIN
  DELETE FROM ora.stats s WHERE s.relid=t;
  EXECUTE format('INSERT INTO ora.stats SELECT %s,0,count(*),0,0,statement_timestamp()
    AT TIME ZONE ''UTC'' FROM %s',t,t::regclass);
  FOR a IN SELECT attname, attnum, atttypid IN ('ora.clob'::regtype,'ora.blob'::regtype,
    'json'::regtype) AS lob FROM pg_attribute WHERE attrelid=t AND attnum>0 AND NOT attisdropped
  LOOP
    EXECUTE format('INSERT INTO ora.stats SELECT %s,%s,count(%I),count(*)-count(%I),%s,
      statement_timestamp() AT TIME ZONE ''UTC'' FROM %s',t,a.attnum,a.attname,a.attname,
      CASE WHEN a.lob THEN '0' ELSE format('count(DISTINCT %I)',a.attname) END,t::regclass);
  END LOOP; END $$;
CREATE TABLE ora.readonly(relid oid primary key); -- views WITH READ ONLY
CREATE TABLE "SYS"."DUAL"("DUMMY" text); INSERT INTO "SYS"."DUAL" VALUES ('X');
CREATE VIEW "SYS"."ALL_TABLES" AS SELECT n.nspname::text "OWNER", ora.ln(c.relname) "TABLE_NAME",
    CASE WHEN t.gtt IS NULL THEN 'USERS' END "TABLESPACE_NAME", NULL::text "CLUSTER_NAME",
    NULL::text "IOT_NAME", CASE WHEN t.iot THEN 'IOT' END "IOT_TYPE", 'VALID'::text "STATUS", CASE WHEN t.gtt IS NULL THEN 'N' ELSE 'Y'
    END "TEMPORARY", 'NO'::text "SECONDARY", 'NO'::text "NESTED", t.gtt "DURATION",
    CASE WHEN t.compression IS NULL THEN 'DISABLED' ELSE 'ENABLED' END "COMPRESSION",
    t.compression "COMPRESS_FOR", CASE WHEN t.parts IS NULL THEN 'NO' ELSE 'YES' END "PARTITIONED",
    z.num_rows "NUM_ROWS", z.at::ora.date "LAST_ANALYZED", 'NO'::text "DROPPED",
    'NO'::text "EXTERNAL"
    FROM pg_class c JOIN pg_namespace n ON n.oid=c.relnamespace LEFT JOIN ora.tab t ON t.relid=c.oid
    LEFT JOIN ora.stats z ON z.relid=c.oid AND z.attnum=0 WHERE c.relkind IN ('r', 'm') AND ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_VIEWS" AS SELECT n.nspname::text "OWNER", ora.ln(c.relname) "VIEW_NAME",
    length(v.query)::numeric "TEXT_LENGTH", v.query "TEXT"
    FROM pg_class c JOIN ora.viewtext v ON v.relid=c.oid JOIN pg_namespace n ON n.oid=c.relnamespace WHERE c.relkind='v'
    AND ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_TRIGGERS" AS SELECT t.owner "OWNER", ora.ln(t.name::name) "TRIGGER_NAME",
    t.kind "TRIGGER_TYPE", t.events "TRIGGERING_EVENT", n.nspname::text "TABLE_OWNER",
    'TABLE'::text "BASE_OBJECT_TYPE", ora.ln(c.relname) "TABLE_NAME", t.status "STATUS"
    FROM ora.trig t JOIN pg_class c ON c.oid=t.relid JOIN pg_namespace n ON n.oid=c.relnamespace
    WHERE ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_LOBS" AS SELECT n.nspname::text "OWNER", ora.ln(c.relname) "TABLE_NAME",
    ora.ln(a.attname) "COLUMN_NAME", 'SYS_LOB'||c.oid||'C'||a.attnum||'$$' "SEGMENT_NAME"
    FROM ora.col m JOIN pg_attribute a ON a.attrelid=m.relid AND a.attnum=m.attnum
    JOIN pg_class c ON c.oid=m.relid JOIN pg_namespace n ON n.oid=c.relnamespace
    WHERE c.relkind='r' AND (m.dtype IN ('CLOB','NCLOB','BLOB') OR (m.dtype IN ('VARCHAR2',
    'NVARCHAR2','RAW') AND m.dlen > CASE m.dtype WHEN 'RAW' THEN 2000 ELSE 4000 END
    AND ora.ruled('extended_lobs'))) AND ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_UNUSED_COL_TABS" AS SELECT n.nspname::text "OWNER",
    ora.ln(c.relname) "TABLE_NAME", t.unused::numeric "COUNT" FROM ora.tab t
    JOIN pg_class c ON c.oid=t.relid JOIN pg_namespace n ON n.oid=c.relnamespace
    WHERE t.unused>0 AND ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_PART_KEY_COLUMNS" AS SELECT n.nspname::text "OWNER",
    ora.ln(c.relname) "NAME", 'TABLE'::text "OBJECT_TYPE", ora.ln(k.name::name) "COLUMN_NAME",
    k.n::numeric "COLUMN_POSITION" FROM ora.tab t JOIN pg_class c ON c.oid=t.relid
    JOIN pg_namespace n ON n.oid=c.relnamespace CROSS JOIN LATERAL
    jsonb_array_elements_text(t.parts::jsonb->'columns') WITH ORDINALITY k(name,n)
    WHERE ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_TAB_PARTITIONS" AS SELECT n.nspname::text "TABLE_OWNER",
    ora.ln(c.relname) "TABLE_NAME", k.name "PARTITION_NAME", k.n::numeric "PARTITION_POSITION"
    FROM ora.tab t JOIN pg_class c ON c.oid=t.relid
    JOIN pg_namespace n ON n.oid=c.relnamespace CROSS JOIN LATERAL
    jsonb_array_elements_text(t.parts::jsonb->'names') WITH ORDINALITY k(name,n)
    WHERE ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_MVIEWS" AS SELECT n.nspname::text "OWNER", ora.ln(c.relname) "MVIEW_NAME",
    v.query "QUERY" FROM pg_class c JOIN ora.viewtext v ON v.relid=c.oid JOIN pg_namespace n ON n.oid=c.relnamespace
    WHERE c.relkind='m';
CREATE VIEW "SYS"."ALL_MVIEW_COMMENTS" AS SELECT n.nspname::text "OWNER",
    ora.ln(c.relname) "MVIEW_NAME", obj_description(c.oid,'pg_class') "COMMENTS" FROM pg_class c
    JOIN pg_namespace n ON n.oid=c.relnamespace WHERE c.relkind='m';
CREATE VIEW "SYS"."ALL_SYNONYMS" AS SELECT owner "OWNER", name "SYNONYM_NAME",
    t_owner "TABLE_OWNER", t_name "TABLE_NAME", db_link "DB_LINK" FROM ora.syn s
    WHERE owner IN (ora.cur_user(), 'PUBLIC') OR (db_link IS NULL AND EXISTS (SELECT 1
    FROM pg_class c JOIN pg_namespace n ON n.oid=c.relnamespace WHERE n.nspname=s.t_owner
    AND c.relname=s.t_name AND ora.sees(n.nspname, c.oid)))
    UNION ALL SELECT 'PUBLIC', c.relname::text, 'SYS', c.relname::text, NULL FROM pg_class c
    WHERE c.relnamespace='"SYS"'::regnamespace AND c.relkind IN ('r', 'v');
CREATE VIEW "SYS"."ALL_USERS" AS SELECT u.name "USERNAME", n.oid::bigint::numeric "USER_ID",
    'NO'::text "COMMON", 'N'::text "ORACLE_MAINTAINED" FROM ora.usr u
    JOIN pg_namespace n ON n.nspname=u.name UNION ALL SELECT 'SYS', 0, 'YES', 'Y';
CREATE VIEW "SYS"."ALL_TAB_COLS" AS SELECT n.nspname::text "OWNER", ora.ln(c.relname) "TABLE_NAME",
    ora.ln(a.attname) "COLUMN_NAME",
 coalesce(CASE WHEN ora.type_name(a.atttypid)='ora.udt' THEN split_part(m.dtype,'.',2) ELSE m.dtype END, CASE ora.type_name(a.atttypid) WHEN 'text' THEN 'VARCHAR2' WHEN 'numeric'
    THEN 'NUMBER' WHEN 'bigint' THEN 'NUMBER' WHEN 'integer' THEN 'NUMBER' WHEN 'ora.date'
    THEN 'DATE' WHEN 'timestamp without time zone' THEN 'TIMESTAMP(6)' WHEN 'ora.tstz'
    THEN 'TIMESTAMP(6) WITH TIME ZONE' WHEN 'ora.clob' THEN 'CLOB' WHEN 'ora.blob' THEN 'BLOB'
    WHEN 'bytea' THEN 'RAW' WHEN 'double precision' THEN 'BINARY_DOUBLE' WHEN 'real'
    THEN 'BINARY_FLOAT' WHEN 'character' THEN 'CHAR' WHEN 'ora.fixed' THEN 'CHAR'
    WHEN 'ora.ltz' THEN 'TIMESTAMP(6) WITH LOCAL TIME ZONE' WHEN 'json' THEN 'JSON' WHEN 'ora.vector' THEN 'VECTOR' WHEN 'ora.ym' THEN 'INTERVAL YEAR(2) TO MONTH' WHEN 'boolean'
    THEN 'BOOLEAN' ELSE 'VARCHAR2' END) "DATA_TYPE",
 CASE WHEN ora.type_name(a.atttypid)='ora.udt' THEN split_part(m.dtype,'.',1) END "DATA_TYPE_OWNER", coalesce(m.dlen,22)::numeric "DATA_LENGTH",
    m.prec::numeric "DATA_PRECISION", m.scale::numeric "DATA_SCALE", CASE WHEN a.attnotnull THEN 'N'
    ELSE 'Y' END "NULLABLE", CASE WHEN m.hidden THEN NULL ELSE a.attnum END::numeric "COLUMN_ID", m.dflt "DATA_DEFAULT",
    coalesce(m.clen,0)::numeric "CHAR_LENGTH", m.cu "CHAR_USED", CASE WHEN m.hidden THEN 'YES' ELSE 'NO' END "HIDDEN_COLUMN", CASE
    WHEN m.virt THEN 'YES' ELSE 'NO' END "VIRTUAL_COLUMN", CASE WHEN m.don THEN 'YES' ELSE 'NO'
    END "DEFAULT_ON_NULL", CASE WHEN m.idgen IS NULL THEN 'NO' ELSE 'YES' END "IDENTITY_COLUMN",
    'YES'::text "USER_GENERATED", a.attnum::numeric "INTERNAL_COLUMN_ID",
    a.attnum::numeric "SEGMENT_COLUMN_ID", z.kinds "NUM_DISTINCT",
    CASE WHEN m.clen>0 THEN CASE WHEN m.dtype LIKE 'N%' THEN 'NCHAR_CS' ELSE 'CHAR_CS' END END
    "CHARACTER_SET_NAME", NULL::text "DATA_TYPE_MOD", length(m.dflt)::numeric "DEFAULT_LENGTH",
    NULL::bytea "LOW_VALUE", NULL::bytea "HIGH_VALUE", NULL::numeric "DENSITY",
    z.nulls "NUM_NULLS", NULL::numeric "NUM_BUCKETS", z.at::ora.date "LAST_ANALYZED",
    z.num_rows "SAMPLE_SIZE", CASE WHEN m.clen>0 THEN m.dlen::numeric
    END "CHAR_COL_DECL_LENGTH", 'NO'::text "GLOBAL_STATS", 'NO'::text "USER_STATS",
    NULL::numeric "AVG_COL_LEN", 'NO'::text "V80_FMT_IMAGE", 'NO'::text "DATA_UPGRADED",
    'NONE'::text "HISTOGRAM"
    FROM pg_attribute a JOIN pg_class c ON c.oid=a.attrelid JOIN pg_namespace n ON
    n.oid=c.relnamespace LEFT JOIN ora.col m ON m.relid=c.oid AND m.attnum=a.attnum
    LEFT JOIN ora.stats z ON z.relid=c.oid AND z.attnum=a.attnum WHERE a.attnum>0
    AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm') AND ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_TAB_COLUMNS" AS SELECT * FROM "SYS"."ALL_TAB_COLS"
    WHERE "HIDDEN_COLUMN"='NO';
CREATE VIEW "SYS"."ALL_TAB_IDENTITY_COLS" AS SELECT n.nspname::text "OWNER",
    ora.ln(c.relname) "TABLE_NAME", ora.ln(a.attname) "COLUMN_NAME", m.idgen "GENERATION_TYPE",
    'ISEQ$$_'||c.oid "SEQUENCE_NAME", m.idopts "IDENTITY_OPTIONS" FROM ora.col m
    JOIN pg_class c ON c.oid=m.relid JOIN pg_namespace n ON n.oid=c.relnamespace
    JOIN pg_attribute a ON a.attrelid=c.oid AND a.attnum=m.attnum WHERE m.idgen IS NOT NULL;
CREATE VIEW "SYS"."ALL_TAB_COMMENTS" AS SELECT n.nspname::text "OWNER",
    ora.ln(c.relname) "TABLE_NAME", CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE'
    END "TABLE_TYPE", obj_description(c.oid,'pg_class') "COMMENTS" FROM pg_class c
    JOIN pg_namespace n ON n.oid=c.relnamespace WHERE c.relkind IN ('r', 'v')
    AND ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_COL_COMMENTS" AS SELECT n.nspname::text "OWNER",
    ora.ln(c.relname) "TABLE_NAME", ora.ln(a.attname) "COLUMN_NAME",
    col_description(c.oid,a.attnum) "COMMENTS" FROM pg_attribute a
    JOIN pg_class c ON c.oid=a.attrelid JOIN pg_namespace n ON n.oid=c.relnamespace WHERE a.attnum>0
    AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm') AND ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_CONSTRAINTS" AS SELECT n.nspname::text "OWNER",
    ora.ln(k.conname) "CONSTRAINT_NAME", CASE k.contype WHEN 'p' THEN 'P' WHEN 'u' THEN 'U' WHEN 'f'
    THEN 'R' WHEN 'c' THEN 'C' END "CONSTRAINT_TYPE", ora.ln(c.relname) "TABLE_NAME", CASE
    WHEN k.contype='c' THEN
    coalesce(obj_description(k.oid,'pg_constraint'),pg_get_expr(k.conbin,k.conrelid,true))
    END "SEARCH_CONDITION", CASE WHEN k.contype='f' THEN rn.nspname::text END "R_OWNER",
    ora.ln(rk.conname) "R_CONSTRAINT_NAME", CASE WHEN k.contype='f' THEN CASE k.confdeltype WHEN 'c'
    THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'NO ACTION' END END "DELETE_RULE",
    'ENABLED'::text "STATUS", 'VALIDATED'::text "VALIDATED", CASE WHEN k.conname ~ '^SYS_C\d'
    THEN 'GENERATED NAME' ELSE 'USER NAME' END "GENERATED", CASE WHEN k.contype IN ('p', 'u')
    THEN ora.ln(k.conname) END "INDEX_NAME", n.nspname::text "INDEX_OWNER",
    'NOT DEFERRABLE'::text "DEFERRABLE"
    FROM pg_constraint k JOIN pg_class c ON c.oid=k.conrelid JOIN pg_namespace n ON
    n.oid=c.relnamespace LEFT JOIN pg_class rc ON rc.oid=k.confrelid LEFT
    JOIN pg_namespace rn ON rn.oid=rc.relnamespace LEFT JOIN pg_constraint rk ON
    rk.conindid=k.conindid AND rk.contype IN ('p', 'u') AND k.contype='f' WHERE k.contype IN ('p',
    'u', 'f', 'c') AND k.conname !~ '^ORA\$LEN' AND ora.sees(n.nspname, c.oid)
    UNION ALL SELECT n.nspname::text,
    'SYS_C'||lpad((c.oid::bigint%1000000*10+a.attnum)::text,8,'0'), 'C', ora.ln(c.relname),
    '"'||ora.ln(a.attname)||'" IS NOT NULL', NULL,NULL,NULL,'ENABLED', 'VALIDATED',
    'GENERATED NAME',NULL,NULL,'NOT DEFERRABLE' FROM pg_attribute a
    JOIN pg_class c ON c.oid=a.attrelid JOIN pg_namespace n ON n.oid=c.relnamespace
    WHERE a.attnotnull AND a.attnum>0 AND c.relkind='r' AND ora.sees(n.nspname, c.oid)
    AND NOT EXISTS (SELECT 1 FROM pg_constraint p WHERE p.conrelid=c.oid AND p.contype='p'
    AND a.attnum=ANY(p.conkey))
    UNION ALL SELECT n.nspname::text, k.name::text, 'P', ora.ln(c.relname), NULL,NULL,NULL,NULL,
    'ENABLED', 'VALIDATED', 'GENERATED NAME', k.name::text, n.nspname::text, 'NOT DEFERRABLE'
    FROM ora.mvkey k JOIN pg_class c ON c.oid=k.relid JOIN pg_namespace n ON n.oid=c.relnamespace
    WHERE ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_CONS_COLUMNS" AS SELECT n.nspname::text "OWNER",
    ora.ln(k.conname) "CONSTRAINT_NAME", ora.ln(c.relname) "TABLE_NAME",
    ora.ln(a.attname) "COLUMN_NAME", u.pos::numeric "POSITION" FROM pg_constraint k
    JOIN pg_class c ON c.oid=k.conrelid JOIN pg_namespace n ON n.oid=c.relnamespace CROSS
    JOIN LATERAL unnest(k.conkey) WITH ORDINALITY u(att,pos) JOIN pg_attribute a ON a.attrelid=c.oid
    AND a.attnum=u.att WHERE k.contype IN ('p', 'u', 'f', 'c') AND k.conname !~ '^ORA\$LEN'
    AND ora.sees(n.nspname, c.oid)
    UNION ALL SELECT n.nspname::text, k.name::text, ora.ln(c.relname), ora.ln(a.attname),
    u.pos::numeric FROM ora.mvkey k JOIN pg_class c ON c.oid=k.relid JOIN pg_namespace n ON
    n.oid=c.relnamespace CROSS JOIN LATERAL unnest(k.keys) WITH ORDINALITY u(att,pos)
    JOIN pg_attribute a ON a.attrelid=c.oid AND a.attnum=u.att WHERE ora.sees(n.nspname, c.oid);
CREATE FUNCTION ora.descends(int2vector) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT bool_or(o&1=1) FROM unnest($1::int2[]) o $$;
CREATE VIEW "SYS"."ALL_INDEXES" AS SELECT n.nspname::text "OWNER", ora.ln(i.relname) "INDEX_NAME",
    CASE WHEN x.indexprs IS NULL AND NOT ora.descends(x.indoption) THEN 'NORMAL'
    ELSE 'FUNCTION-BASED NORMAL' END "INDEX_TYPE",
    n.nspname::text "TABLE_OWNER", ora.ln(c.relname) "TABLE_NAME", 'TABLE'::text "TABLE_TYPE", CASE
    WHEN x.indisunique THEN 'UNIQUE' ELSE 'NONUNIQUE' END "UNIQUENESS",
    'DISABLED'::text "COMPRESSION", NULL::numeric "PREFIX_LENGTH", 'USERS'::text "TABLESPACE_NAME",
    'VALID'::text "STATUS", 'N'::text "TEMPORARY", 'NO'::text "PARTITIONED", 'N'::text "GENERATED",
    'VISIBLE'::text "VISIBILITY" FROM pg_index x JOIN pg_class i ON i.oid=x.indexrelid
    JOIN pg_class c ON c.oid=x.indrelid JOIN pg_namespace n ON n.oid=c.relnamespace
    WHERE i.relname !~ '^N\$' AND ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_IND_COLUMNS" AS SELECT n.nspname::text "INDEX_OWNER",
    ora.ln(i.relname) "INDEX_NAME", n.nspname::text "TABLE_OWNER", ora.ln(c.relname) "TABLE_NAME",
    CASE WHEN a.attname IS NULL OR x.indoption[u.pos-1]&1=1
    THEN 'SYS_NC'||lpad((c.relnatts+u.pos)::text,5,'0')||'$' ELSE ora.ln(a.attname)
    END "COLUMN_NAME", u.pos::numeric "COLUMN_POSITION",
    22::numeric "COLUMN_LENGTH", CASE WHEN x.indoption[u.pos-1]&1=1 THEN 'DESC' ELSE 'ASC'
    END "DESCEND" FROM pg_index x JOIN pg_class i ON i.oid=x.indexrelid
    JOIN pg_class c ON c.oid=x.indrelid JOIN pg_namespace n ON n.oid=c.relnamespace CROSS
    JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY u(att,pos) LEFT
    JOIN pg_attribute a ON a.attrelid=c.oid AND a.attnum=u.att AND u.att>0
    WHERE i.relname !~ '^N\$' AND ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_IND_EXPRESSIONS" AS SELECT n.nspname::text "INDEX_OWNER",
    ora.ln(i.relname) "INDEX_NAME", n.nspname::text "TABLE_OWNER", ora.ln(c.relname) "TABLE_NAME",
    coalesce(obj_description(i.oid,'pg_class')::json->>(u.pos::int-1),
    pg_get_indexdef(i.oid,u.pos::int,true)) "COLUMN_EXPRESSION", u.pos::numeric "COLUMN_POSITION"
    FROM pg_index x JOIN pg_class i ON i.oid=x.indexrelid JOIN pg_class c ON c.oid=x.indrelid
    JOIN pg_namespace n ON n.oid=c.relnamespace CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH
    ORDINALITY u(att,pos) WHERE (u.att=0 OR x.indoption[u.pos-1]&1=1) AND ora.sees(n.nspname, c.oid);
CREATE VIEW "SYS"."ALL_TAB_PRIVS_RECD" AS SELECT g.grantee "GRANTEE", n.nspname::text "OWNER",
    ora.ln(c.relname) "TABLE_NAME", n.nspname::text "GRANTOR", g.privilege "PRIVILEGE",
    'NO'::text "GRANTABLE" FROM ora.objgrant g JOIN pg_class c ON c.oid=g.relid
    JOIN pg_namespace n ON n.oid=c.relnamespace WHERE g.grantee IN (ora.cur_user(), 'PUBLIC');
CREATE VIEW "SYS"."ALL_SEQUENCES" AS SELECT schemaname::text "SEQUENCE_OWNER",
    ora.ln(sequencename) "SEQUENCE_NAME", min_value::numeric "MIN_VALUE",
    max_value::numeric "MAX_VALUE", increment_by::numeric "INCREMENT_BY", CASE WHEN cycle THEN 'Y'
    ELSE 'N' END "CYCLE_FLAG", 'N'::text "ORDER_FLAG", cache_size::numeric "CACHE_SIZE",
    last_value::numeric "LAST_NUMBER" FROM pg_sequences s WHERE schemaname !~
    '^(pg_|information_schema|ora$|public)' AND schemaname<>'SYS' AND NOT EXISTS (SELECT 1
    FROM pg_depend d JOIN pg_class c ON c.oid=d.objid JOIN pg_namespace n ON n.oid=c.relnamespace
    WHERE c.relname=s.sequencename AND n.nspname=s.schemaname AND d.deptype='i');
CREATE VIEW "SYS"."ALL_DB_LINKS" AS SELECT ''::text "OWNER", ''::text "DB_LINK",
    ''::text "USERNAME", ''::text "HOST", NULL::ora.date "CREATED", 'NO'::text "HIDDEN",
    'NO'::text "SHARD_INTERNAL", 'YES'::text "VALID", 'NO'::text "INTRA_CDB" WHERE false;
CREATE VIEW "SYS"."ALL_OBJECTS" AS SELECT "OWNER", "TABLE_NAME" "OBJECT_NAME",
    'TABLE'::text "OBJECT_TYPE", "TEMPORARY", 'VALID'::text "STATUS" FROM "SYS"."ALL_TABLES"
    UNION ALL SELECT "OWNER", "VIEW_NAME", 'VIEW', 'N', 'VALID' FROM "SYS"."ALL_VIEWS" UNION ALL
    SELECT "OWNER", "MVIEW_NAME", 'MATERIALIZED VIEW', 'N', 'VALID' FROM "SYS"."ALL_MVIEWS"
    UNION ALL SELECT "OWNER", "INDEX_NAME", 'INDEX', 'N', 'VALID' FROM "SYS"."ALL_INDEXES" UNION ALL
    SELECT "SEQUENCE_OWNER", "SEQUENCE_NAME", 'SEQUENCE', 'N', 'VALID' FROM "SYS"."ALL_SEQUENCES"
    UNION ALL SELECT owner,name,'SYNONYM', 'N', 'VALID' FROM ora.syn
    UNION ALL SELECT owner,name,kind, 'N', 'VALID' FROM ora.code WHERE ora.runs(owner,kind);
-- the DBA_ and USER_ views of an ALL_ view
CREATE FUNCTION ora.variants(v text) RETURNS void LANGUAGE plpgsql AS $do$
    DECLARE cols text; oc text; BEGIN
 SELECT string_agg(quote_ident(attname),', ' ORDER BY attnum) FILTER (WHERE attname NOT IN ('OWNER',
    'INDEX_OWNER', 'SEQUENCE_OWNER')), max(attname::text) FILTER (WHERE attname IN ('OWNER')
    OR (attname='INDEX_OWNER' AND v LIKE 'ALL_IND\_%') OR attname='SEQUENCE_OWNER') INTO cols, oc
    FROM pg_attribute WHERE attrelid=('"SYS".'||quote_ident(v))::regclass AND attnum>0;
 EXECUTE format('CREATE VIEW "SYS".%I AS SELECT * FROM "SYS".%I', replace(v,'ALL_', 'DBA_'), v);
 IF oc IS NOT NULL THEN EXECUTE
    format('CREATE VIEW "SYS".%I AS SELECT %s FROM "SYS".%I WHERE %I=ora.cur_user()',
    replace(v,'ALL_', 'USER_'), cols, v, oc); END IF;
END $do$;
SELECT ora.variants(viewname::text) FROM pg_views WHERE schemaname='SYS' AND viewname LIKE 'ALL\_%';
CREATE VIEW "SYS"."V$PARAMETER" AS SELECT v."NAME", CASE WHEN v."VALUE"<>'' THEN v."VALUE" WHEN v."VALUE" IS NULL THEN CASE v."NAME"
    WHEN 'compatible' THEN r.compatible ELSE r.max_string_size END END "VALUE"
    FROM (VALUES ('compatible',NULL), ('db_block_size', '8192'), ('max_string_size',NULL),
    ('open_cursors', '300'), ('db_name', 'FREE'), ('db_domain', '')) v("NAME", "VALUE"), ora.release r;
CREATE VIEW "SYS"."V$VERSION" AS SELECT banner "BANNER", banner||chr(10)||'Version '||version_full
    "BANNER_FULL", banner "BANNER_LEGACY", 0::numeric "CON_ID" FROM ora.release;
CREATE VIEW "SYS"."PRODUCT_COMPONENT_VERSION" AS SELECT split_part(banner,' Release',1) "PRODUCT",
    version "VERSION", version_full "VERSION_FULL", 'Production'::text "STATUS" FROM ora.release;
CREATE VIEW "SYS"."V$INSTANCE" AS SELECT 1::numeric "INSTANCE_NUMBER", 'FREE'::text "INSTANCE_NAME",
    'localhost'::text "HOST_NAME", version "VERSION", version_full "VERSION_FULL",
    'OPEN'::text "STATUS" FROM ora.release;
CREATE VIEW "SYS"."NLS_SESSION_PARAMETERS" AS SELECT * FROM (VALUES ('NLS_NUMERIC_CHARACTERS',
    '.,'), ('NLS_LANGUAGE', 'AMERICAN'), ('NLS_TERRITORY', 'AMERICA'),
    ('NLS_DATE_FORMAT',ora.setting('nls_date_format', 'DD-MON-RR')),
    ('NLS_TIMESTAMP_FORMAT',ora.setting('nls_timestamp_format', 'DD-MON-RR HH.MI.SSXFF AM')),
    ('NLS_TIMESTAMP_TZ_FORMAT',ora.setting('nls_timestamp_tz_format',
    'DD-MON-RR HH.MI.SSXFF AM TZR')), ('NLS_SORT', 'BINARY'), ('NLS_COMP', 'BINARY'),
    ('NLS_LENGTH_SEMANTICS', 'BYTE')) v("PARAMETER", "VALUE");
CREATE VIEW "SYS"."NLS_DATABASE_PARAMETERS" AS SELECT * FROM "SYS"."NLS_SESSION_PARAMETERS"
    UNION ALL VALUES ('NLS_NCHAR_CHARACTERSET', 'AL16UTF16')
    UNION ALL SELECT 'NLS_CHARACTERSET',charset FROM ora.release
    UNION ALL SELECT 'NLS_RDBMS_VERSION',version FROM ora.release;
CREATE VIEW "SYS"."SESSION_PRIVS" AS SELECT DISTINCT privilege "PRIVILEGE" FROM ora.sysgrant
    WHERE grantee IN (ora.cur_user(),'PUBLIC');
CREATE VIEW "SYS"."USER_SYS_PRIVS" AS SELECT grantee "USERNAME", privilege "PRIVILEGE",
    'NO'::text "ADMIN_OPTION" FROM ora.sysgrant WHERE grantee=ora.cur_user();
CREATE VIEW "SYS"."ALL_TAB_PRIVS" AS SELECT n.nspname::text "GRANTOR", g.grantee "GRANTEE",
    n.nspname::text "TABLE_SCHEMA", ora.ln(c.relname) "TABLE_NAME", g.privilege "PRIVILEGE",
    'NO'::text "GRANTABLE" FROM ora.objgrant g JOIN pg_class c ON c.oid=g.relid
    JOIN pg_namespace n ON n.oid=c.relnamespace WHERE g.grantee IN (ora.cur_user(),'PUBLIC')
    OR n.nspname=ora.cur_user();
CREATE VIEW "SYS"."USER_TAB_PRIVS" AS SELECT "GRANTEE", "TABLE_SCHEMA" "OWNER", "TABLE_NAME",
    "GRANTOR", "PRIVILEGE", "GRANTABLE" FROM "SYS"."ALL_TAB_PRIVS"
    WHERE ora.cur_user() IN ("GRANTEE", "TABLE_SCHEMA");
CREATE VIEW "SYS"."USER_TS_QUOTAS" AS SELECT 'USERS'::text "TABLESPACE_NAME", 0::numeric "BYTES",
    (-1)::numeric "MAX_BYTES", 0::numeric "BLOCKS", (-1)::numeric "MAX_BLOCKS", 'NO'::text "DROPPED"
    FROM ora.usr WHERE name=ora.cur_user() AND quota;
CREATE VIEW "SYS"."USER_USERS" AS SELECT name "USERNAME", 'OPEN'::text "ACCOUNT_STATUS",
    'USERS'::text "DEFAULT_TABLESPACE", 'TEMP'::text "TEMPORARY_TABLESPACE" FROM ora.usr
    WHERE name=ora.cur_user();
CREATE VIEW "SYS"."SESSION_ROLES" AS SELECT 'DBA'::text "ROLE" WHERE ora.may('GRANT ANY PRIVILEGE');
-- the session that asks: the others are not told
CREATE VIEW "SYS"."V$SESSION" AS SELECT pg_backend_pid()::numeric "SID",
    ora.session_serial() "SERIAL#", ora.cur_user() "USERNAME", 'ACTIVE'::text "STATUS",
    ora.setting('sch',NULL) "SCHEMANAME", ora.setting('id_program',NULL) "PROGRAM",
    ora.setting('id_machine',NULL) "MACHINE", ora.setting('id_terminal',NULL) "TERMINAL",
    ora.setting('id_osuser',NULL) "OSUSER", ora.setting('id_module',NULL) "MODULE",
    ora.setting('id_action',NULL) "ACTION", ora.setting('id_client_info',NULL) "CLIENT_INFO",
    ora.setting('id_client_identifier',NULL) "CLIENT_IDENTIFIER", 'USER'::text "TYPE";
CREATE VIEW "SYS"."V$SESSION_CONNECT_INFO" AS SELECT "SID", "SERIAL#", "OSUSER",
    ora.setting('id_driver',NULL) "CLIENT_DRIVER" FROM "SYS"."V$SESSION";
CREATE VIEW "SYS"."V$SQL_MONITOR" AS SELECT pg_backend_pid()::numeric "SID",
    'EXECUTING'::text "STATUS", ora.setting('id_dbop',NULL) "DBOP_NAME"
    WHERE ora.setting('id_dbop',NULL) IS NOT NULL;
CREATE VIEW "SYS"."V$DATABASE" AS SELECT 'FREE'::text "NAME", 'FREE'::text "DB_UNIQUE_NAME",
    'READ WRITE'::text "OPEN_MODE", 'NOARCHIVELOG'::text "LOG_MODE", 'PRIMARY'::text "DATABASE_ROLE";
