-- source: mysql mariadb
-- trait: Texts and bytes of two megabytes, all the sizes of TEXT and BLOB.
-- exact: all
CREATE TABLE files (id int PRIMARY KEY, t longtext, b longblob, tt tinytext, tb tinyblob, mt mediumtext);
INSERT INTO files VALUES (1, REPEAT('2 MB é😀', 180000), REPEAT(x'00ff10', 700000), REPEAT('t', 255), REPEAT(x'ff', 255), REPEAT('m', 70000)), (2, 'small', x'00', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL);
INSERT INTO files (id, t) WITH RECURSIVE g(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM g WHERE i < 30) SELECT i, REPEAT(LEFT(SHA2(i, 256), 32), 3000) FROM g;
