-- source: postgres
-- trait: The table of the target is there, and its key takes two keys of the source for one.
-- least: t 2
CREATE TABLE t (id text PRIMARY KEY, i int);
INSERT INTO t VALUES ('a', 1), ('A', 2), ('b', 3), ('c ', 4), ('c', 5);
-- @target postgres
CREATE EXTENSION citext;
CREATE TABLE t (id citext PRIMARY KEY, i int);
-- @target mysql mariadb
CREATE TABLE t (id varchar(50) COLLATE utf8mb4_general_ci PRIMARY KEY, i int);
-- @target sqlite
CREATE TABLE t (id text COLLATE NOCASE PRIMARY KEY, i int);
