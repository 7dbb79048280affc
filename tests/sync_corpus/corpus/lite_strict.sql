-- source: sqlite
-- trait: STRICT tables, WITHOUT ROWID, composite keys in other orders, descending keys, AUTOINCREMENT, key 0.
-- exact: all
-- args: --batch 20
CREATE TABLE strict_types (id integer PRIMARY KEY, i int, r real, t text, b blob) STRICT;
INSERT INTO strict_types VALUES (0, 1, 1.5, 'a', x'00'), (1, 9223372036854775807, 1e300, '', x''), (-1, -9223372036854775808, -0.1, 'é', x'ff'), (2, NULL, NULL, NULL, NULL);
CREATE TABLE without (a text, b int, v int, PRIMARY KEY (b, a)) WITHOUT ROWID;
INSERT INTO without WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 100) SELECT 'a' || i, i % 7, i FROM g;
CREATE TABLE descending (k integer PRIMARY KEY DESC, v int);
INSERT INTO descending VALUES (3, 1), (1, 2), (2, 3);
CREATE TABLE descending_text (k text, n int, PRIMARY KEY (k DESC));
INSERT INTO descending_text SELECT 'k' || v, v FROM without;
CREATE TABLE counted (id integer PRIMARY KEY AUTOINCREMENT, v text);
INSERT INTO counted VALUES (1, 'a'), (700, 'b');
-- @after
INSERT INTO counted (v) VALUES ('new');
