-- source: mysql mariadb
-- trait: Texts with zero bytes, emoji, combining marks, quotes, escapes; blanks at the end; other character sets.
-- least: texts 7 plain 1
-- exact: mysql mariadb sqlite
CREATE TABLE texts (id int PRIMARY KEY, t text, v varchar(60), c char(10), l varchar(30) CHARACTER SET latin1, b varbinary(20));
INSERT INTO texts VALUES (1, 'a\0b', '\0', 'x', 'é€', x'00ff'), (2, '😀👩‍🚀', 'é', 'y', 'ÿ', ''), (3, '\\', '''"`', 'a  b', 'x', x'80'), (4, '', ' ', '', ' ', ' '), (5, ' trailing  ', 'tab\t', ' lead', 'x ', x'0000'),
    (6, 'line\r\nend\n', '\Z', NULL, NULL, NULL), (7, '𐏿￿', '﻿bom', 'NULL', 'null', 'NULL'), (8, '${HOME} $$ %s ? :x', 'a,b;"c"', '--', '/*', '*/');
CREATE TABLE plain (id int PRIMARY KEY, t text);
INSERT INTO plain VALUES (1, 'ok');
