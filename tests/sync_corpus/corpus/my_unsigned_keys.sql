-- source: mysql mariadb
-- trait: BIGINT UNSIGNED keys on both sides of 2^63, and the other unsigned types.
-- exact: all
-- args: --batch 20
CREATE TABLE wide (k bigint unsigned PRIMARY KEY, n int unsigned, m mediumint unsigned, s smallint unsigned, t tinyint unsigned, b bigint unsigned);
INSERT INTO wide WITH RECURSIVE g(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g WHERE i < 99)
    SELECT CAST(18446744073709551615 AS DECIMAL(30)) - i * CAST(184467440737095516 AS DECIMAL(30)), 4294967295 - i, 16777215 - i, 65535 - i, 255 - i, i FROM g;
INSERT INTO wide VALUES (0, 0, 0, 0, 0, 18446744073709551615), (9223372036854775807, 1, 1, 1, 1, 9223372036854775808), (9223372036854775808, 1, 1, 1, 1, 1), (9223372036854775809, 1, 1, 1, 1, 1);
CREATE TABLE numbers (k bigint unsigned AUTO_INCREMENT PRIMARY KEY, v int);
INSERT INTO numbers VALUES (1, 1), (9223372036854775900, 2);
