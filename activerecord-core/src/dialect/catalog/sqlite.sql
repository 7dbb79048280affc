-- The braces are the attached file whose statements are read. CROSS JOIN keeps the order of the pragma functions: each needs the
-- arguments that the ones before it provide.
WITH found (file, name, type, wr, strict) AS (
    SELECT t.schema, t.name, t.type, t.wr, t.strict
    FROM (SELECT ? AS file, ? AS name) AS wanted
    CROSS JOIN pragma_table_list AS t CROSS JOIN pragma_database_list AS d
    WHERE t.name = wanted.name COLLATE NOCASE AND t.schema = coalesce(wanted.file, t.schema) COLLATE NOCASE
      AND d.name = t.schema
    ORDER BY d.name <> 'temp', d.seq LIMIT 1)
SELECT 'table' AS kind, file AS name, CASE type WHEN 'virtual' THEN 'foreign' WHEN 'shadow' THEN 'table' ELSE type END AS a,
    name AS b, NULL AS c,
    nullif(iif(strict, 'STRICT', '') || iif(strict AND wr, ', ', '') || iif(wr, 'WITHOUT ROWID', ''), '') AS d,
    NULL AS e, NULL AS f, NULL AS g, NULL AS h, NULL AS i, iif(file = 'temp', 'temporary', '') AS flags, 0 AS place
FROM found
UNION ALL
SELECT 'text', iif(s.type = 'table', '', s.name), s.sql, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', 0
FROM found CROSS JOIN {}.sqlite_schema AS s
WHERE s.tbl_name = found.name COLLATE NOCASE AND s.type IN ('table', 'index') AND s.sql IS NOT NULL
UNION ALL
SELECT 'column', c.name, c.type, c.type, iif(c.hidden = 0, c.dflt_value, NULL), NULL, NULL, NULL, NULL, NULL, NULL,
    iif(c."notnull", '', 'nullable ') || CASE c.hidden WHEN 2 THEN 'virtual' WHEN 3 THEN 'stored' ELSE '' END, c.cid
FROM found CROSS JOIN pragma_table_xinfo(found.name, found.file) AS c
WHERE c.hidden <> 1
UNION ALL
SELECT 'key', '', c.name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, iif(found.wr, 'without_rowid', ''), c.pk
FROM found CROSS JOIN pragma_table_info(found.name, found.file) AS c
WHERE c.pk > 0
UNION ALL
SELECT 'index', i.name, x.name, NULL, NULL, NULL, NULL, x.coll, NULL, NULL, NULL,
    CASE i.origin WHEN 'pk' THEN 'primary constraint ' WHEN 'u' THEN 'constraint ' ELSE '' END
        || iif(i."unique", 'unique ', '') || iif(x."desc", 'desc', ''), x.seqno
FROM found CROSS JOIN pragma_index_list(found.name, found.file) AS i
CROSS JOIN pragma_index_xinfo(i.name, found.file) AS x
WHERE x.key
UNION ALL
-- A key without target columns refers to the primary key of its target.
SELECT 'foreign', f.id, f."from", NULL, f."table",
    coalesce(f."to", (SELECT p.name FROM pragma_table_info(f."table", found.file) AS p WHERE p.pk = f.seq + 1)),
    f.on_update, f.on_delete, NULL, NULL, NULL, '', f.seq
FROM found CROSS JOIN pragma_foreign_key_list(found.name, found.file) AS f
