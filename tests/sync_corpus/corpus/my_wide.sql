-- source: mysql mariadb
-- trait: A table with 120 columns.
-- exact: all
SET SESSION group_concat_max_len = 100000;
SET @sql = (SELECT CONCAT('CREATE TABLE wide (id int PRIMARY KEY, ', GROUP_CONCAT(CONCAT('c', i, ' ', ELT(1 + i % 8, 'int', 'varchar(20)', 'decimal(12,3)', 'datetime(6)', 'tinyint', 'double', 'varbinary(20)', 'date')) ORDER BY i SEPARATOR ', '), ')')
    FROM (WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 119) SELECT i FROM g) s);
PREPARE made FROM @sql;
EXECUTE made;
SET @sql = (SELECT CONCAT('INSERT INTO wide WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 60) SELECT n, ', GROUP_CONCAT(ELT(1 + i % 8, 'n', 'CONCAT(n, ''-t'')', 'n / 8', '''2024-01-01'' + INTERVAL n SECOND', 'n % 2', 'n / 7e0', 'UNHEX(LEFT(SHA2(n, 256), 32))', '''2024-01-01'' + INTERVAL n DAY') ORDER BY i SEPARATOR ', '), ' FROM r')
    FROM (WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 119) SELECT i FROM g) s);
PREPARE filled FROM @sql;
EXECUTE filled;
