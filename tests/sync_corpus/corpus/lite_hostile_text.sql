-- source: sqlite
-- trait: Texts with zero bytes, texts that are not UTF-8, emoji, escapes, line ends.
-- least: texts 9 plain 1
CREATE TABLE texts (id integer PRIMARY KEY, t text);
INSERT INTO texts VALUES (1, 'a' || char(0) || 'b'), (2, CAST(x'ff41fe' AS TEXT)), (3, '😀👩‍🚀'), (4, char(65535) || char(1114111)), (5, '\n\'), (6, '''"`'), (7, ''), (8, ' x '), (9, char(13, 10)), (10, char(0)), (11, NULL), (12, 'NULL'), (13, CAST(x'eda080' AS TEXT));
CREATE TABLE plain (id integer PRIMARY KEY, t text);
INSERT INTO plain VALUES (1, 'ok');
