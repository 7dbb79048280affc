-- source: mysql mariadb
-- trait: ENUM and SET values: the empty value of an error, quotes and commas in labels, all members.
-- exact: all
SET sql_mode = '';
CREATE TABLE choices (id int PRIMARY KEY, e enum('a''b', 'c"d', 'e,f', '', 'ü'), s set('a''b', 'c"d', 'x', 'ü'));
INSERT INTO choices VALUES (1, 'a''b', 'a''b,x'), (2, 'not a member', ''), (3, 'e,f', 'ü,c"d,x,a''b'), (4, '', NULL), (5, NULL, 'x'), (6, 'ü', 'c"d');
