-- source: postgres
-- trait: A row with the key 0 in a generated key, which MySQL takes for "make a new number".
-- exact: all
CREATE TABLE lots (id serial PRIMARY KEY, label text);
INSERT INTO lots VALUES (0, 'zero'), (1, 'one'), (2, 'two');
