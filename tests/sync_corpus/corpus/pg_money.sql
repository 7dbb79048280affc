-- source: postgres
-- trait: money, which a locale writes.
-- exact: all
CREATE TABLE bills (id int PRIMARY KEY, m money);
INSERT INTO bills VALUES (1, 1234.50), (2, -92233720368547758.08), (3, 92233720368547758.07), (4, 0), (5, NULL);
