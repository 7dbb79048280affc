-- source: postgres
-- trait: Ranges and multiranges.
-- exact: all
CREATE TABLE bookings (id int PRIMARY KEY, i int4range, b int8range, n numrange, d daterange, t tsrange, z tstzrange, m int4multirange);
INSERT INTO bookings VALUES (1, '[1,5)', '(,9]', '[1.5,2.50]', '[2024-01-01,2024-02-01)', '["2024-01-01 10:00","2024-01-01 11:00")',
    '["2024-01-01 10:00+02",)', '{[1,2],[5,7)}'), (2, 'empty', '(,)', '(0,1)', 'empty', NULL, NULL, '{}');
