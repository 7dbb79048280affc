-- source: mysql mariadb
-- trait: Text keys in collations without case, with more rows than a batch; the order is that of the collation.
-- exact: all
-- args: --batch 25
CREATE TABLE general (k varchar(40) COLLATE utf8mb4_general_ci PRIMARY KEY, n int);
INSERT INTO general WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 300)
    SELECT CASE i % 3 WHEN 0 THEN UPPER(LEFT(SHA2(i, 256), 32)) WHEN 1 THEN LEFT(SHA2(i, 256), 32) ELSE CONCAT(ELT(1 + i % 6, 'é', 'É', 'ß', '_', 'Z', ' '), LEFT(SHA2(i, 256), 32)) END, i FROM g;
CREATE TABLE unicode (k varchar(40) COLLATE utf8mb4_unicode_ci PRIMARY KEY, n int);
INSERT INTO unicode SELECT * FROM general;
CREATE TABLE latin (k varchar(40) CHARACTER SET latin1 COLLATE latin1_swedish_ci PRIMARY KEY, n int);
INSERT INTO latin SELECT * FROM general;
CREATE TABLE binary_order (k varchar(40) COLLATE utf8mb4_bin PRIMARY KEY, n int);
INSERT INTO binary_order SELECT * FROM general;
INSERT INTO binary_order VALUES ('ä', -1), ('Ä', -2), ('a', -3), ('A', -4);
CREATE TABLE composite (a varchar(10) COLLATE utf8mb4_unicode_ci, b varchar(40) COLLATE utf8mb4_general_ci, n int, PRIMARY KEY (a, b));
INSERT INTO composite SELECT ELT(1 + n % 4, 'one', 'TWO', 'Éins', 'éins'), k, n FROM general;
