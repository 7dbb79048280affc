-- Columns that only later versions have are read through to_jsonb, which gives NULL for them on earlier versions.
WITH wanted (space, name) AS MATERIALIZED (SELECT CAST(? AS text), CAST(? AS text)),
found AS MATERIALIZED (
    SELECT c.*, n.nspname FROM wanted AS w
    JOIN pg_class AS c ON c.oid = to_regclass(coalesce(quote_ident(w.space) || '.', '') || quote_ident(w.name))
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')),
kept AS MATERIALIZED (
    SELECT a.*, t.typtype, t.typbasetype, t.typtypmod, t.typcollation, d.oid AS default_oid, pg_get_expr(d.adbin, d.adrelid) AS expression
    FROM found AS f JOIN pg_attribute AS a ON a.attrelid = f.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum),
serial AS MATERIALIZED (
    SELECT k.attnum FROM kept AS k WHERE k.expression ~ '^nextval\(''([^'']|'''')*''::regclass\)$')
SELECT 'table' AS kind, f.nspname::text AS name,
    CASE f.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' ELSE 'foreign' END AS a,
    f.relname::text AS b, obj_description(f.oid, 'pg_class') AS c,
    nullif(concat_ws(' ', 'PARTITION BY ' || pg_get_partkeydef(f.oid), 'WITH (' || array_to_string(f.reloptions, ', ') || ')'), '') AS d,
    NULL::text AS e, NULL::text AS f, NULL::text AS g, NULL::text AS h, NULL::text AS i,
    concat_ws(' ', CASE f.relpersistence WHEN 't' THEN 'temporary' WHEN 'u' THEN 'unlogged' END,
        CASE WHEN EXISTS (SELECT FROM pg_inherits WHERE inhrelid = f.oid) THEN 'inherits' END,
        CASE WHEN f.relrowsecurity THEN 'row_security' END) AS flags,
    0::bigint AS place
FROM found AS f
UNION ALL
SELECT 'column', k.attname, format_type(k.atttypid, k.atttypmod),
    CASE k.typtype WHEN 'd' THEN format_type(k.typbasetype, k.typtypmod) WHEN 'e' THEN 'text' ELSE format_type(k.atttypid, k.atttypmod) END,
    CASE WHEN k.attgenerated = '' AND k.attnum NOT IN (SELECT attnum FROM serial) THEN k.expression END,
    CASE WHEN k.attgenerated <> '' THEN k.expression END,
    (SELECT CASE n.nspname WHEN 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.collname)
        FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = c.collnamespace
        WHERE c.oid = k.attcollation AND k.attcollation <> k.typcollation),
    col_description(k.attrelid, k.attnum), NULL, NULL, NULL,
    concat_ws(' ', CASE WHEN NOT k.attnotnull THEN 'nullable' END, CASE k.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END,
        CASE k.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by_default' END,
        CASE WHEN k.attnum IN (SELECT attnum FROM serial) THEN 'sequence' END),
    k.attnum
FROM kept AS k
UNION ALL
SELECT 'label', k.attname, n.nspname, t.typname, e.enumlabel, NULL, NULL, NULL, NULL, NULL, NULL, '',
    row_number() OVER (PARTITION BY k.attnum ORDER BY e.enumsortorder)
FROM kept AS k JOIN pg_type AS own ON own.oid = k.atttypid
JOIN pg_type AS t ON t.oid IN (own.oid, own.typelem) AND t.typtype = 'e'
JOIN pg_namespace AS n ON n.oid = t.typnamespace JOIN pg_enum AS e ON e.enumtypid = t.oid
UNION ALL
SELECT 'sequence', k.attname, n.nspname, c.relname, format_type(s.seqtypid, NULL), s.seqstart::text, s.seqincrement::text,
    s.seqmin::text, s.seqmax::text, s.seqcache::text, NULL,
    concat_ws(' ', CASE WHEN s.seqcycle THEN 'cycle' END,
        CASE WHEN EXISTS (SELECT FROM pg_depend AS o WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid
            AND o.refobjid = k.attrelid AND o.refobjsubid = k.attnum AND o.deptype IN ('a', 'i')) THEN 'owned' END),
    0
FROM kept AS k JOIN pg_depend AS d ON CASE k.attidentity
    WHEN '' THEN d.classid = 'pg_attrdef'::regclass AND d.objid = k.default_oid AND d.refclassid = 'pg_class'::regclass
        AND k.attnum IN (SELECT attnum FROM serial)
    ELSE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = k.attrelid
        AND d.refobjsubid = k.attnum AND d.deptype = 'i' END
JOIN pg_class AS c ON c.oid = CASE k.attidentity WHEN '' THEN d.refobjid ELSE d.objid END AND c.relkind = 'S'
JOIN pg_sequence AS s ON s.seqrelid = c.oid JOIN pg_namespace AS n ON n.oid = c.relnamespace
UNION ALL
SELECT 'index', i.relname, a.attname, CASE WHEN p.attnum = 0 THEN pg_get_indexdef(x.indexrelid, p.place::int, FALSE) END,
    pg_get_expr(x.indpred, x.indrelid), nullif(m.amname, 'btree'),
    (SELECT CASE WHEN pg_opclass_is_visible(o.oid) THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(o.opcname)
        FROM pg_opclass AS o JOIN pg_namespace AS n ON n.oid = o.opcnamespace
        WHERE o.oid = x.indclass[p.place - 1] AND NOT o.opcdefault),
    (SELECT CASE n.nspname WHEN 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.collname)
        FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = c.collnamespace
        WHERE c.oid = x.indcollation[p.place - 1]
            AND c.oid <> coalesce(a.attcollation, (SELECT o.oid FROM pg_collation AS o WHERE o.collname = 'default'))),
    NULL, obj_description(i.oid, 'pg_class'), array_to_string(i.reloptions, ', '),
    concat_ws(' ', CASE WHEN x.indisprimary THEN 'primary' END, CASE WHEN x.indisunique THEN 'unique' END,
        CASE WHEN con.oid IS NOT NULL THEN 'constraint' END, CASE con.contype WHEN 'x' THEN 'exclusion' END,
        CASE WHEN con.condeferred THEN 'deferred' WHEN con.condeferrable THEN 'deferrable' END,
        CASE WHEN NOT x.indisvalid THEN 'invalid' END,
        CASE WHEN to_jsonb(x) ->> 'indnullsnotdistinct' = 'true' THEN 'nulls_not_distinct' END,
        CASE WHEN p.place > x.indnkeyatts THEN 'include'
            ELSE CASE x.indoption[p.place - 1] & 3 WHEN 1 THEN 'desc nulls_last' WHEN 2 THEN 'nulls_first' WHEN 3 THEN 'desc' END END),
    p.place
FROM found AS f JOIN pg_index AS x ON x.indrelid = f.oid JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_am AS m ON m.oid = i.relam
CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS p (attnum, place)
LEFT JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = p.attnum AND p.attnum <> 0
LEFT JOIN pg_constraint AS con ON con.conindid = x.indexrelid AND con.conrelid = f.oid AND con.contype IN ('p', 'u', 'x')
UNION ALL
SELECT 'foreign', con.conname, a.attname, n.nspname, r.relname, b.attname,
    CASE con.confupdtype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' END,
    CASE con.confdeltype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' END,
    NULL, NULL, NULL,
    concat_ws(' ', CASE con.confmatchtype WHEN 'f' THEN 'match_full' END, CASE WHEN con.condeferred THEN 'deferred' WHEN con.condeferrable THEN 'deferrable' END,
        CASE WHEN NOT con.convalidated THEN 'unchecked' END,
        CASE WHEN to_jsonb(con) -> 'confdelsetcols' @> to_jsonb(p.attnum) THEN 'set_on_delete' END),
    p.place
FROM found AS f JOIN pg_constraint AS con ON con.conrelid = f.oid AND con.contype = 'f' AND con.conparentid = 0
JOIN pg_class AS r ON r.oid = con.confrelid JOIN pg_namespace AS n ON n.oid = r.relnamespace
CROSS JOIN LATERAL unnest(con.conkey, con.confkey) WITH ORDINALITY AS p (attnum, target, place)
JOIN pg_attribute AS a ON a.attrelid = f.oid AND a.attnum = p.attnum
JOIN pg_attribute AS b ON b.attrelid = con.confrelid AND b.attnum = p.target
UNION ALL
SELECT CASE con.contype WHEN 'c' THEN 'check' ELSE 'exclusion' END, con.conname,
    CASE con.contype WHEN 'c' THEN pg_get_expr(con.conbin, con.conrelid) ELSE pg_get_constraintdef(con.oid) END,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    concat_ws(' ', CASE WHEN NOT con.convalidated THEN 'unchecked' END, CASE WHEN con.connoinherit AND con.contype = 'c' THEN 'no_inherit' END,
        CASE WHEN to_jsonb(con) ->> 'conenforced' = 'false' THEN 'not_enforced' END),
    0
FROM found AS f JOIN pg_constraint AS con ON con.conrelid = f.oid AND con.contype IN ('c', 'x')
