-- source: postgres
-- trait: Floats at their limits: the shortest digits, denormals, infinities, NaN.
-- least: floats 11 named 1
-- exact: postgres
CREATE TABLE floats (id int PRIMARY KEY, d double precision, r real);
INSERT INTO floats VALUES (1, 0.1, 0.1), (2, 5e-324, 1e-45), (3, 1.7976931348623157e308, 3.4028235e38), (4, 0.1 + 0.2::float8, 16777216), (5, 123456789.123, 1.17549435e-38),
    (6, 9007199254740993, 0.3), (7, -1e-300, -1e-30), (8, 1e22, 1e10), (9, 1e23, 123456.79), (10, NULL, NULL), (11, 2.2250738585072014e-308, 8.5070587e37);
CREATE TABLE named (id int PRIMARY KEY, d double precision, r real);
INSERT INTO named VALUES (1, 'NaN', 'NaN'), (2, 'Infinity', '-Infinity'), (3, '-Infinity', 'Infinity'), (4, 1.5, 2.5);
