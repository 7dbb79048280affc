-- source: mysql
-- trait: Types of MySQL alone: VECTOR, JSON with its own scalars, functional indexes, reference systems with turned axes.
-- least: points 2 collated 200 with_case 200
-- args: --batch 20
CREATE TABLE points (id int PRIMARY KEY, v vector(3), p point SRID 4326, j json, INDEX ((id + 1)));
INSERT INTO points VALUES (1, STRING_TO_VECTOR('[1,2.5,-3]'), ST_GeomFromText('POINT(52.5 13.4)', 4326), JSON_OBJECT('d', CAST('2024-01-01' AS DATE), 'n', CAST(1.50 AS DECIMAL(10,2)))), (2, NULL, NULL, CAST(CAST('2024-01-01 10:00:00' AS DATETIME) AS JSON));
CREATE TABLE collated (k varchar(30) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, n int);
INSERT INTO collated WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 200) SELECT CONCAT(ELT(1 + i % 5, 'é', 'E', 'z', 'Ö', ' '), IF(i % 2, UPPER(LEFT(LEFT(SHA2(i, 256), 32), 9)), LEFT(LEFT(SHA2(i, 256), 32), 9))), i FROM g;
CREATE TABLE with_case (k varchar(30) COLLATE utf8mb4_0900_as_cs PRIMARY KEY, n int);
INSERT INTO with_case SELECT * FROM collated;
INSERT INTO with_case VALUES ('a', -1), ('A', -2), ('á', -3), ('a ', -4);
