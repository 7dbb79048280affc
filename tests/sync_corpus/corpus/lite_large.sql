-- source: sqlite
-- trait: Texts and bytes of two megabytes, 120 columns, bytes as keys.
-- exact: all
-- args: --batch 30
CREATE TABLE files (id integer PRIMARY KEY, t text, b blob);
INSERT INTO files VALUES (1, replace(hex(zeroblob(300000)), '00', '2 MB é😀'), zeroblob(2097152)), (2, 'small', x'00'), (3, NULL, randomblob(1000000));
CREATE TABLE by_bytes (k blob PRIMARY KEY, n int);
INSERT INTO by_bytes WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 200) SELECT CAST(printf('%c%d', 33 + i % 90, i * 7919) AS BLOB), i FROM g;
INSERT INTO by_bytes VALUES (x'', -1), (x'00', -2), (x'0000', -3), (x'ff', -4);
