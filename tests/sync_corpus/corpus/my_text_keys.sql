-- source: mysql mariadb
-- trait: CHAR keys in capitals, UUID texts, dates and floats as keys.
-- exact: all
-- args: --batch 20
CREATE TABLE by_uuid (k char(36) CHARACTER SET ascii PRIMARY KEY, n int);
INSERT INTO by_uuid WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 200)
    SELECT IF(i % 2, UPPER(u), u), i FROM (SELECT i, INSERT(INSERT(INSERT(INSERT(LEFT(SHA2(i, 256), 32), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-') u FROM g) s;
CREATE TABLE by_char (k char(12) PRIMARY KEY, n int);
INSERT INTO by_char SELECT LEFT(LEFT(SHA2(n, 256), 32), 3 + n % 9), n FROM by_uuid WHERE n < 100;
CREATE TABLE by_date (k date PRIMARY KEY, n int);
INSERT INTO by_date SELECT '1999-12-01' + INTERVAL n * 17 DAY, n FROM by_uuid;
CREATE TABLE by_double (k double PRIMARY KEY, n int);
INSERT INTO by_double SELECT (n - 100) / 7e0, n FROM by_uuid;
INSERT INTO by_double VALUES (1e300, -1), (-1e300, -2), (9007199254740993, -3);
CREATE TABLE by_float (k float PRIMARY KEY, n int);
INSERT INTO by_float SELECT (n - 100) / 7e0, n FROM by_uuid;
INSERT INTO by_float VALUES (3.40282e38, -1), (16777217, -2);
