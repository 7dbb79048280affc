-- source: postgres
-- trait: Empty tables, a table of one row of NULLs, and a database in which nothing else is.
-- exact: all
CREATE TABLE nobody (id int PRIMARY KEY, v text);
CREATE TABLE nulls (id int PRIMARY KEY, a text, b int, c timestamp, d bytea, e jsonb, f boolean, g uuid, h numeric, i double precision);
INSERT INTO nulls (id) VALUES (1), (2);
