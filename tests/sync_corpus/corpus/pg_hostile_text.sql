-- source: postgres
-- trait: Texts that are easily broken on the way: emoji, combining marks, the last code point, quotes, escapes, line ends.
-- exact: all
CREATE TABLE texts (id int PRIMARY KEY, t text, v varchar(100));
INSERT INTO texts VALUES (1, U&'\+01F469\200D\+01F680', U&'e\0301'), (2, U&'\FFFF', U&'\+10FFFF'), (3, E'\\', E'\\n'), (4, E'''"`', E'a\tb\r\nc'),
    (5, E'\x01\x02\x1b', E'\x7f'), (6, '', ' '), (7, 'NULL', 'null'), (8, U&'\FEFFbom', U&'\202Ertl'), (9, 'N,"x",;', '${HOME} $$ %s ? :x'),
    (10, E'line\n\nline', '\x414243'), (11, U&'\00a0 \2028', '0x41'), (12, repeat(U&'\+01F600', 100), repeat(U&'\+01F600', 100)), (13, NULL, NULL);
