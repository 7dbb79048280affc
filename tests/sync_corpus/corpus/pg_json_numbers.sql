-- source: postgres
-- trait: JSON numbers that a double cannot hold, in jsonb and json.
-- least: measures 7 raw 5
-- exact: postgres sqlite
CREATE TABLE measures (id int PRIMARY KEY, j jsonb);
INSERT INTO measures VALUES (1, '{"n":12345678901234567890123}'), (2, '{"n":0.1234567890123456789}'), (3, '{"n":1e400}'),
    (4, '1.10'), (5, '18446744073709551616'), (6, '9007199254740993'), (7, '-0.0'), (8, '[1e-400, 1E5, 100000000000000000000.5]'),
    (9, '{"plain": true}'), (10, 'null'), (11, NULL), (12, '0.30000000000000004'), (13, '18446744073709551615');
CREATE TABLE raw (id int PRIMARY KEY, j json);
INSERT INTO raw VALUES (1, '{"a":1,"a":2}'), (2, '{"b": 1.0, "a": 12345678901234567890123}'), (3, ' [1, 2 ] '), (4, '"\u0000"'),
    (5, '"\ud83d\ude00 \u00e9 \\ \" \/"'), (6, '{"deep":{"x":1,"x":{"y":[1e400]}}}'), (7, '{"ok":[1,2,3]}'), (8, '{"":""}');
