-- source: mysql mariadb
-- trait: JSON that every database keeps.
-- exact: all
CREATE TABLE documents (id int PRIMARY KEY, j json NOT NULL);
INSERT INTO documents VALUES (1, '{"a": [1, 2.5, "x", null, true], "b": {"c": 9007199254740993}}'), (2, '[]'), (4, 'null'), (5, '"text \\\\ \\" \\u00e9"'), (6, '9223372036854775807'), (8, '0.1'), (9, '{"é": "😀", "": 1}');
