-- source: postgres
-- trait: Texts with a grammar: tsvector, tsquery, xml, hstore, ltree, jsonpath, point and other shapes, pg_lsn.
-- exact: all
CREATE EXTENSION hstore;
CREATE EXTENSION ltree;
CREATE TABLE documents (id int PRIMARY KEY, v tsvector, q tsquery, x xml, h hstore, l ltree, j jsonpath, p point, b box, c circle,
    g polygon, r path, w pg_lsn);
INSERT INTO documents VALUES (1, 'cat:3A fat:2B', 'fat & !rat', '<a>1<b/></a>', 'a=>1, b=>NULL, "c d"=>"e\"f"', 'top.science', '$.a[*]',
    '(1,2.5)', '(2,2),(0,0)', '<(0,0),1>', '((0,0),(1,1),(1,0))', '[(0,0),(1,1)]', '16/B374D848');
INSERT INTO documents (id) VALUES (2);
