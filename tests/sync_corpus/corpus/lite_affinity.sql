-- source: sqlite
-- trait: Declared types that only SQLite knows, with the values that fit them. The affinity decides.
-- exact: all
CREATE TABLE whole (id integer PRIMARY KEY, a int2, b int8, c "unsigned big int", d mediumint, e tinyint, f bigint, g integer(5), h "long int", i charint);
INSERT INTO whole VALUES (1, 1, 9223372036854775807, 9223372036854775807, -8388608, 300, -9223372036854775808, 123456, 5, 6), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE texts (id integer PRIMARY KEY, a "character(20)", b "varying character(255)", c nchar(55), d "native character(70)", e nvarchar(5), f clob, g varchar(3), h string_text, i mytext);
INSERT INTO texts VALUES (1, 'a', 'b', 'c', 'd', 'longer than five', 'f', 'longer than three', 'h', 'é😀'), (2, '', '', '', '', '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE bytes (id integer PRIMARY KEY, a blob, b varbinary(10), d "binary(4)", e longblob);
INSERT INTO bytes VALUES (1, x'00ff', x'0102', x'01020304', x'ff'), (2, NULL, NULL, NULL, NULL);
CREATE TABLE reals (id integer PRIMARY KEY, a real, b "double precision", c float, d float(4), e doublet);
INSERT INTO reals VALUES (1, 0.1, 1e308, 123456789.123, 0.30000000000000004, -5e-324), (2, 1, 2, 3, 4, 5), (3, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE numbers (id integer PRIMARY KEY, a numeric, b boolean, c date, d datetime, e decimal, f "decimal(10,5)", g money, h currency, l json, m uuid, n timestamp, o time);
INSERT INTO numbers VALUES (1, 1.5, 1, '2024-01-01', '2024-01-01 10:00:00', 2.25, 1.23456, 9.99, 5, '{"a":1}', '123e4567-e89b-12d3-a456-426655440000', '2024-01-01 10:00:00.5', '10:00:00'),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, 7, 0, '2024-02-29', '2024-02-29 23:59:59', 3, 4, 5, 6.5, '[]', '00000000-0000-0000-0000-000000000000', '1970-01-01 00:00:00', '23:59:59.999');
