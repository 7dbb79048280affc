-- source: postgres
-- trait: Two tables whose names differ only by case, and a table whose columns do.
-- exact: postgres
CREATE TABLE "Users" (id int PRIMARY KEY, v text);
CREATE TABLE users (id int PRIMARY KEY, v text);
INSERT INTO "Users" VALUES (1, 'Upper'), (2, 'Upper2');
INSERT INTO users VALUES (1, 'lower'), (3, 'lower3');
CREATE TABLE twins (id int PRIMARY KEY, "Value" int, value int);
INSERT INTO twins VALUES (1, 10, 20);
CREATE TABLE plain (id int PRIMARY KEY);
INSERT INTO plain VALUES (1);
