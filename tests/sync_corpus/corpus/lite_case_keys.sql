-- source: sqlite
-- trait: Text keys that differ by case or blanks, and keys in the collations NOCASE and RTRIM, more rows than a batch.
-- exact: all
-- args: --batch 20
CREATE TABLE words (w text PRIMARY KEY, n int);
INSERT INTO words VALUES ('a', 1), ('A', 2), ('a ', 3), ('á', 4), ('a' || char(769), 5), ('', 6), (' ', 7), ('ß', 8), ('ss', 9), ('😀', 10), ('Z', 11), ('_', 12);
CREATE TABLE nocase (w text COLLATE NOCASE PRIMARY KEY, n int);
INSERT INTO nocase WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 200) SELECT CASE WHEN i % 2 THEN upper('key' || hex(i * 7919)) ELSE 'key' || lower(hex(i * 7919)) END || CASE i % 3 WHEN 0 THEN '_' ELSE '' END, i FROM g;
INSERT INTO nocase VALUES ('É', -1), ('é', -2), ('[', -3), ('^', -4);
CREATE TABLE rtrimmed (w text COLLATE RTRIM PRIMARY KEY, n int);
INSERT INTO rtrimmed VALUES ('a', 1), ('b  ', 2), ('c ', 3), (' d', 4);
CREATE TABLE pairs (a text COLLATE NOCASE, b int, n int, PRIMARY KEY (a, b));
INSERT INTO pairs SELECT CASE WHEN n % 3 = 0 THEN 'Same' WHEN n % 3 = 1 THEN 'SAME' ELSE 'same' END, n, n FROM nocase WHERE n > 0;
