-- source: mysql mariadb
-- trait: JSON with large numbers, as each server keeps them.
-- least: documents 10
CREATE TABLE documents (id int PRIMARY KEY, j json);
INSERT INTO documents VALUES (1, '{"a": [1, 2.50, "x", null, true], "b": {"c": 18446744073709551615}}'), (2, '[]'), (3, NULL), (4, 'null'), (5, '"text"'), (6, '9007199254740993'), (7, '-1.5e300'), (8, '0.1'),
    (9, '{"é": "😀", "": 1}'), (10, '{"n": 1.0}'), (11, '12345678901234567890123'), (12, '{"a": 1, "a": 2}');
