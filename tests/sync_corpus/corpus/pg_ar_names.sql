-- source: postgres
-- trait: Tables of users whose names begin like those of this library, and tables named like those of the database.
-- exact: postgres mysql mariadb
CREATE TABLE ar_orders (id int PRIMARY KEY, v text);
INSERT INTO ar_orders VALUES (1, 'x');
CREATE TABLE ar_invoices (id int PRIMARY KEY);
INSERT INTO ar_invoices VALUES (1), (2);
CREATE TABLE argon (id int PRIMARY KEY);
INSERT INTO argon VALUES (1);
CREATE TABLE sqlite_like (id int PRIMARY KEY);
INSERT INTO sqlite_like VALUES (1);
CREATE TABLE pg_like (id int PRIMARY KEY);
INSERT INTO pg_like VALUES (1);
CREATE TABLE columns (id int PRIMARY KEY);
INSERT INTO columns VALUES (1);
