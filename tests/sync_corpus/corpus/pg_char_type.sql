-- source: postgres
-- trait: The type "char" of one byte, name, character(n), and text types with and without a length.
-- exact: all
CREATE TABLE letters (id int PRIMARY KEY, c "char", n name, b char(4), v varchar(3), w varchar, t text);
INSERT INTO letters VALUES (1, '', '', '', '', '', ''), (2, 'x', 'pg_name', 'ab', 'abc', repeat('w', 300), 't'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL), (4, ' ', ' ', ' ', '   ', ' ', ' '), (5, '~', 'n', 'abcd', U&'\+01F600\00e9x', '', E'\n');
CREATE TABLE flags (c "char" PRIMARY KEY, n int);
INSERT INTO flags VALUES ('', 0), ('a', 1), ('A', 2), ('b', 3), (' ', 4);
