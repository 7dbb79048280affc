-- source: postgres
-- trait: Text keys that differ only by case, accent, composition, or by what a collation ignores.
-- exact: all
CREATE TABLE words (w text PRIMARY KEY, n int);
INSERT INTO words VALUES ('a', 1), ('A', 2), (U&'\00e1', 3), (U&'a\0301', 4), (U&'\00df', 5), ('ss', 6), ('SS', 7),
    (U&'\0131', 8), ('i', 9), ('I', 10), (U&'\0130', 11), (U&'a\200b', 12), (U&'\ff21', 13), (U&'\+01F600', 14),
    (U&'\+01F601', 15), (U&'\FFFF', 16), ('a-b', 17), ('ab', 18);
CREATE TABLE pairs (w varchar(30), n int, PRIMARY KEY (n, w));
INSERT INTO pairs VALUES ('x', 1), ('X', 1), ('x', 2), (U&'\00d8', 2), ('O', 2), ('o', 2);
CREATE TABLE accounts (id int PRIMARY KEY, login text UNIQUE);
INSERT INTO accounts VALUES (1, 'nora'), (2, 'Nora'), (3, 'NORA'), (4, 'nora ');
