-- source: sqlite
-- trait: Tables without a key, with duplicates and NULLs; views; a virtual table.
-- least: log 6 unique_only 2
CREATE TABLE kept (id integer PRIMARY KEY);
INSERT INTO kept VALUES (1);
CREATE TABLE log (at text, n int);
INSERT INTO log VALUES ('x', 1), ('x', 1), (NULL, NULL), (NULL, NULL), ('X', 1), ('x', 2);
CREATE TABLE unique_only (a text NOT NULL UNIQUE, n int);
INSERT INTO unique_only VALUES ('a', 1), ('b', 2);
CREATE VIEW doubled AS SELECT n * 2 AS n FROM log;
CREATE VIRTUAL TABLE search USING fts5(body);
INSERT INTO search VALUES ('some text');
