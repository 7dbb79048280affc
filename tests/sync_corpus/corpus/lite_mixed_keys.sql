-- source: sqlite
-- trait: A key without a type, which holds numbers, texts and bytes that look alike, with more rows than a batch.
-- least: texts 70
-- args: --batch 10
CREATE TABLE anything (k PRIMARY KEY, n int);
INSERT INTO anything VALUES (5, 1), ('5', 2), (x'35', 3), (5.5, 4), ('5.5', 5), ('', 6), (x'', 7), (0, 8), ('a', 9), ('A', 10), (-1, 11), (1e300, 12), (9223372036854775807, 13), ('9223372036854775807', 14);
INSERT INTO anything WITH RECURSIVE g(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM g WHERE i < 160) SELECT CASE i % 4 WHEN 0 THEN i WHEN 1 THEN 'k' || i WHEN 2 THEN i + 0.5 ELSE CAST('b' || i AS BLOB) END, i FROM g;
CREATE TABLE texts (k text PRIMARY KEY, n int);
INSERT INTO texts SELECT 't' || n, n FROM anything;
INSERT INTO texts VALUES (x'7431', -1), (x'ff', -2), ('~', -3);
