-- source: postgres
-- trait: A table without columns, which has rows all the same.
CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES;
INSERT INTO nothing DEFAULT VALUES;
CREATE TABLE something (id int PRIMARY KEY);
INSERT INTO something VALUES (7);
