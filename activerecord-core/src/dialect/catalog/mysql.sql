-- MySQL and MariaDB share this text. A column that one of them lacks is written without a prefix in a subquery: if the table
-- inside does not have it, the name refers to the constant of the same name outside.
-- MariaDB compares names in its catalog without their case, also where they differ by it: then they are compared as bytes.
-- The conditions on the schema and the table are constants in each part: with a join, MariaDB opens every table of the server.
SELECT 'table' AS kind, t.table_schema AS name, CASE t.table_type WHEN 'BASE TABLE' THEN 'table' WHEN 'SYSTEM VERSIONED' THEN 'table' ELSE 'view' END AS a,
    t.table_name AS b, CASE WHEN t.table_type LIKE '%VIEW' THEN NULL ELSE NULLIF(t.table_comment, '') END AS c,
    NULLIF(CONCAT_WS(' ', CONCAT('ENGINE = ', t.engine), CONCAT('COLLATE = ', t.table_collation),
        CASE WHEN t.create_options LIKE '%row\_format=%' THEN CONCAT('ROW_FORMAT = ', t.row_format) END), '') AS d,
    NULL AS e, NULL AS f, NULL AS g, NULL AS h, NULL AS i,
    CONCAT_WS(' ', CASE WHEN t.create_options LIKE '%partitioned%' THEN 'partitions' END,
        CASE t.table_type WHEN 'SYSTEM VERSIONED' THEN 'system_versions' END) AS flags, 0 AS place
FROM information_schema.tables AS t
WHERE t.table_schema = COALESCE(?, DATABASE()) AND t.table_name = ?
    AND (@@lower_case_table_names > 0 OR (? IS NULL OR TRUE) AND CAST(t.table_name AS BINARY) = CAST(? AS BINARY))
UNION ALL
-- On MariaDB a JSON column is a text with a check. MariaDB writes a default as SQL, and MySQL writes a constant as it is.
SELECT 'column', c.column_name, c.column_type,
    CASE WHEN c.data_type = 'longtext' AND EXISTS (
        SELECT 1 FROM information_schema.check_constraints AS k WHERE k.constraint_schema = c.table_schema
        AND table_name = c.table_name AND k.check_clause = CONCAT('json_valid(`', c.column_name, '`)'))
    THEN 'json' ELSE c.column_type END,
    CASE WHEN c.column_default IS NULL OR c.generation_expression <> '' THEN NULL
        WHEN VERSION() LIKE '%MariaDB%' THEN NULLIF(c.column_default, 'NULL')
        WHEN c.extra LIKE '%DEFAULT\_GENERATED%' OR c.numeric_precision IS NOT NULL OR c.data_type IN ('bit', 'binary', 'varbinary')
        THEN c.column_default ELSE QUOTE(c.column_default) END,
    NULLIF(c.generation_expression, ''), c.collation_name, NULLIF(c.column_comment, ''),
    CASE WHEN c.extra LIKE '%on update %'
        THEN SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTR(c.extra, LOCATE('on update ', c.extra) + 10), ',', 1), ' ', 1) END, NULL, NULL,
    CONCAT_WS(' ', CASE WHEN c.is_nullable = 'YES' THEN 'nullable' END, CASE WHEN c.extra LIKE '%auto\_increment%' THEN 'autoincrement' END,
        CASE WHEN c.extra LIKE '%VIRTUAL%' THEN 'virtual' WHEN c.extra LIKE '%STORED%' THEN 'stored' END,
        CASE WHEN c.extra LIKE '%INVISIBLE%' THEN 'invisible' END,
        CASE WHEN VERSION() NOT LIKE '%MariaDB%' AND (c.generation_expression <> '' OR c.extra LIKE '%DEFAULT\_GENERATED%') THEN 'escaped' END),
    c.ordinal_position
FROM information_schema.columns AS c
WHERE c.table_schema = COALESCE(?, DATABASE()) AND c.table_name = ?
    AND (@@lower_case_table_names > 0 OR (? IS NULL OR TRUE) AND CAST(c.table_name AS BINARY) = CAST(? AS BINARY))
UNION ALL
SELECT 'index', s.index_name, s.column_name,
    (SELECT expression FROM information_schema.statistics AS e WHERE e.table_schema = s.table_schema
        AND CAST(e.table_name AS BINARY) = CAST(s.table_name AS BINARY) AND e.index_name = s.index_name AND e.seq_in_index = s.seq_in_index),
    NULL, NULLIF(s.index_type, 'BTREE'), NULL, NULL, s.sub_part, NULLIF(s.index_comment, ''), NULL,
    CONCAT_WS(' ', CASE WHEN s.index_name = 'PRIMARY' THEN 'primary' END, CASE WHEN s.non_unique = 0 THEN 'unique constraint' END,
        CASE WHEN s.collation = 'D' THEN 'desc' END,
        CASE WHEN (SELECT CONCAT(is_visible, ignored) FROM information_schema.statistics AS e WHERE e.table_schema = s.table_schema
            AND CAST(e.table_name AS BINARY) = CAST(s.table_name AS BINARY) AND e.index_name = s.index_name AND e.seq_in_index = s.seq_in_index) <> 'YESNO'
        THEN 'invisible' END,
        CASE WHEN VERSION() NOT LIKE '%MariaDB%' THEN 'escaped' END), s.seq_in_index
FROM (SELECT NULL AS expression, 'YES' AS is_visible, 'NO' AS ignored) AS absent CROSS JOIN information_schema.statistics AS s
WHERE s.table_schema = COALESCE(?, DATABASE()) AND s.table_name = ?
    AND (@@lower_case_table_names > 0 OR (? IS NULL OR TRUE) AND CAST(s.table_name AS BINARY) = CAST(? AS BINARY))
UNION ALL
SELECT 'foreign', k.constraint_name, k.column_name, k.referenced_table_schema, k.referenced_table_name, k.referenced_column_name,
    r.update_rule, r.delete_rule, NULL, NULL, NULL, '', k.ordinal_position
FROM information_schema.key_column_usage AS k JOIN information_schema.referential_constraints AS r
    ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
WHERE k.table_schema = COALESCE(?, DATABASE()) AND k.table_name = ?
    AND (@@lower_case_table_names > 0 OR (? IS NULL OR TRUE) AND CAST(k.table_name AS BINARY) = CAST(? AS BINARY))
    AND r.constraint_schema = COALESCE(?, DATABASE()) AND r.table_name = ?
    AND (@@lower_case_table_names > 0 OR (? IS NULL OR TRUE) AND CAST(r.table_name AS BINARY) = CAST(? AS BINARY))
UNION ALL
-- MariaDB's checks have a table and a level. On MySQL a name is unique in its schema.
SELECT 'check', t.constraint_name,
    (SELECT k.check_clause FROM information_schema.check_constraints AS k WHERE k.constraint_schema = t.constraint_schema
        AND k.constraint_name = t.constraint_name AND table_name = t.table_name LIMIT 1),
    CASE WHEN (SELECT level FROM information_schema.check_constraints AS k WHERE k.constraint_schema = t.constraint_schema
        AND k.constraint_name = t.constraint_name AND table_name = t.table_name LIMIT 1) = 'Column' THEN t.constraint_name END,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    CONCAT_WS(' ', CASE WHEN (SELECT enforced FROM information_schema.table_constraints AS e WHERE e.table_schema = t.table_schema
        AND e.table_name = t.table_name AND e.constraint_type = 'CHECK' AND e.constraint_name = t.constraint_name LIMIT 1) = 'NO'
        THEN 'not_enforced' END,
        CASE WHEN VERSION() NOT LIKE '%MariaDB%' THEN 'escaped' END), 0
FROM (SELECT 'Table' AS level, 'YES' AS enforced) AS absent CROSS JOIN information_schema.table_constraints AS t
WHERE t.table_schema = COALESCE(?, DATABASE()) AND t.table_name = ?
    AND (@@lower_case_table_names > 0 OR (? IS NULL OR TRUE) AND CAST(t.table_name AS BINARY) = CAST(? AS BINARY)) AND t.constraint_type = 'CHECK'
