-- source: mysql mariadb
-- trait: Zerofill, YEAR, floats at their limits, bits, integers at their limits.
-- exact: all
-- args: --batch 30
CREATE TABLE numbers (id int(5) zerofill PRIMARY KEY, y year, f float, d double, b1 bit(1), b8 bit(8), b64 bit(64), z int(8) unsigned zerofill, fd float(7, 3), dd double(15, 4), dz decimal(10, 2) zerofill);
INSERT INTO numbers VALUES (1, 1901, 0.1, 0.1, b'1', b'11111111', ~0, 42, 1234.567, 12345678901.2345, 1.5), (2, 2155, 3.40282e38, 1.7976931348623157e308, b'0', b'0', 0, 99999999, -0.001, 0.0001, 0),
    (3, 0, 1.17549435e-38, 2.2250738585072014e-308, NULL, b'01111111', 1, 0, 0, 0, 99999999.99), (4, NULL, 16777216, 9007199254740993, b'1', b'10000000', 9223372036854775808, NULL, NULL, NULL, NULL),
    (5, 2024, 123456.79, 0.30000000000000004, b'1', NULL, NULL, 1, 1, 1, 1), (6, 1970, -0.3, -1e-300, b'1', b'1', 255, 1, 1, 1, 1);
CREATE TABLE limits (t tinyint, s smallint, m mediumint, i int, b bigint, PRIMARY KEY (b, i));
INSERT INTO limits VALUES (-128, -32768, -8388608, -2147483648, -9223372036854775808), (127, 32767, 8388607, 2147483647, 9223372036854775807), (0, 0, 0, 0, 0);
CREATE TABLE by_bits (k bit(12) PRIMARY KEY, n int);
INSERT INTO by_bits WITH RECURSIVE g(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g WHERE i < 299) SELECT i * 13, i FROM g;
CREATE TABLE by_year (k year PRIMARY KEY, n int);
INSERT INTO by_year WITH RECURSIVE g(i) AS (SELECT 1901 UNION ALL SELECT i + 1 FROM g WHERE i < 2155) SELECT i, i FROM g;
