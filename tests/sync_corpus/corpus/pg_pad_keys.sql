-- source: postgres
-- trait: Text keys that differ only by blanks at the end. Collations of MySQL that pad take them for one.
-- exact: all
CREATE TABLE tags (name text PRIMARY KEY, n int);
INSERT INTO tags VALUES ('a', 1), ('a ', 2), ('a  ', 3), ('', 4), (' ', 5);
CREATE TABLE codes (name varchar(20) PRIMARY KEY, n int);
INSERT INTO codes VALUES ('x', 1), ('x ', 2), (E'x\t', 3);
