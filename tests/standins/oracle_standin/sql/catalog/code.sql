-- What the dictionary tells of stored code and of types.
CREATE FUNCTION ora.type_oid(owner text, package text, name text) RETURNS bytea LANGUAGE sql
    IMMUTABLE AS $$ SELECT decode(md5(concat_ws('.',owner,package,name)),'hex') $$;
CREATE VIEW "SYS"."ALL_TYPES" AS SELECT t.owner "OWNER", t.name "TYPE_NAME",
    ora.type_oid(t.owner,NULL,t.name) "TYPE_OID", CASE WHEN t.form='OBJECT' THEN 'OBJECT'
    ELSE 'COLLECTION' END "TYPECODE", (SELECT count(*) FROM ora.attr a WHERE a.owner=t.owner
    AND a.name=t.name AND a.package IS NULL)::numeric "ATTRIBUTES", 0::numeric "METHODS",
    'NO'::text "PREDEFINED", 'NO'::text "INCOMPLETE", 'YES'::text "FINAL",
    'YES'::text "INSTANTIABLE" FROM ora.typ t WHERE t.package IS NULL AND ora.runs(t.owner,'TYPE');
CREATE VIEW "SYS"."ALL_TYPE_ATTRS" AS SELECT a.owner "OWNER", a.name "TYPE_NAME",
    a.attr "ATTR_NAME", NULL::text "ATTR_TYPE_MOD", a.attr_owner "ATTR_TYPE_OWNER",
    a.attr_type "ATTR_TYPE_NAME", a.length::numeric "LENGTH", a.precision::numeric "PRECISION",
    a.scale::numeric "SCALE", a.pos::numeric "ATTR_NO", 'NO'::text "INHERITED" FROM ora.attr a
    WHERE a.package IS NULL AND ora.runs(a.owner,'TYPE');
CREATE VIEW "SYS"."ALL_COLL_TYPES" AS SELECT t.owner "OWNER", t.name "TYPE_NAME",
    CASE t.form WHEN 'VARRAY' THEN 'VARYING ARRAY' ELSE 'TABLE' END "COLL_TYPE",
    nullif(t.upper_bound,0)::numeric "UPPER_BOUND", NULL::text "ELEM_TYPE_MOD",
    t.elem_owner "ELEM_TYPE_OWNER", t.elem_name "ELEM_TYPE_NAME", t.elem_length::numeric "LENGTH",
    t.elem_precision::numeric "PRECISION", t.elem_scale::numeric "SCALE" FROM ora.typ t
    WHERE t.package IS NULL AND t.form IN ('VARRAY','TABLE') AND ora.runs(t.owner,'TYPE');
CREATE VIEW "SYS"."ALL_PLSQL_TYPES" AS SELECT t.owner "OWNER", t.name "TYPE_NAME",
    t.package "PACKAGE_NAME", ora.type_oid(t.owner,t.package,t.name) "TYPE_OID",
    CASE WHEN t.form='RECORD' THEN 'PL/SQL RECORD' ELSE 'COLLECTION' END "TYPECODE"
    FROM ora.typ t WHERE t.package IS NOT NULL AND ora.runs(t.owner,'PACKAGE');
CREATE VIEW "SYS"."ALL_PLSQL_COLL_TYPES" AS SELECT t.owner "OWNER", t.name "TYPE_NAME",
    t.package "PACKAGE_NAME", CASE t.form WHEN 'VARRAY' THEN 'VARYING ARRAY' WHEN 'TABLE'
    THEN 'TABLE' ELSE 'PL/SQL INDEX TABLE' END "COLL_TYPE",
    nullif(t.upper_bound,0)::numeric "UPPER_BOUND", t.elem_owner "ELEM_TYPE_OWNER",
    t.elem_name "ELEM_TYPE_NAME", t.elem_package "ELEM_TYPE_PACKAGE" FROM ora.typ t
    WHERE t.package IS NOT NULL AND t.form<>'RECORD' AND ora.runs(t.owner,'PACKAGE');
CREATE VIEW "SYS"."ALL_SOURCE" AS SELECT c.owner "OWNER", c.name "NAME", c.kind "TYPE",
    l.n::numeric "LINE", l.line||chr(10) "TEXT" FROM ora.code c CROSS JOIN LATERAL
    regexp_split_to_table(c.source,E'\n') WITH ORDINALITY l(line,n) WHERE ora.runs(c.owner,c.kind);
SELECT ora.variants(v) FROM (VALUES ('ALL_TYPES'), ('ALL_TYPE_ATTRS'), ('ALL_COLL_TYPES'),
    ('ALL_PLSQL_TYPES'), ('ALL_PLSQL_COLL_TYPES'), ('ALL_SOURCE')) x(v);
CREATE VIEW "SYS"."USER_PROCEDURES" AS SELECT name "OBJECT_NAME", NULL::text "PROCEDURE_NAME",
    kind "OBJECT_TYPE" FROM ora.code WHERE owner=ora.cur_user()
    AND kind IN ('PROCEDURE','FUNCTION','PACKAGE');
