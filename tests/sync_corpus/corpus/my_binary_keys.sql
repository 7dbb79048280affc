-- source: mysql mariadb
-- trait: Binary keys of fixed and of free length, with zero bytes at the end.
-- exact: all
-- args: --batch 20
CREATE TABLE fixed (k binary(16) PRIMARY KEY, n int);
INSERT INTO fixed WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 200) SELECT UNHEX(LEFT(SHA2(i, 256), 32)), i FROM g;
INSERT INTO fixed VALUES (x'ff000000000000000000000000000001', -1), ('', -2), (x'00ff', -3);
CREATE TABLE free (k varbinary(20) PRIMARY KEY, n int);
INSERT INTO free SELECT CONCAT(k, REPEAT(CHAR(0), n % 4)), n FROM fixed WHERE n > 0;
INSERT INTO free VALUES ('', -1), (x'00', -2), (x'0000', -3), (' ', -4), (x'2020', -5), ('a', -6), ('A', -7), (x'ff', -8);
CREATE TABLE prefixed (k varbinary(30), v blob, t text, PRIMARY KEY (k, v(10)));
INSERT INTO prefixed VALUES ('a', 'one', 'x'), ('a', 'two', 'y'), ('b', x'00', NULL);
