-- source: mysql mariadb
-- trait: Generated columns, invisible columns, defaults, comments, checks.
-- exact: all
CREATE TABLE boxes (id int AUTO_INCREMENT PRIMARY KEY, w int NOT NULL, h int NOT NULL, area int AS (w * h) STORED, half int AS (w DIV 2) VIRTUAL, secret int INVISIBLE DEFAULT 7,
    at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, s varchar(10) DEFAULT 'it''s' COMMENT 'a "comment"', CHECK (w > 0));
INSERT INTO boxes (w, h) VALUES (1, 2), (3, 4), (5, 6);
CREATE TABLE counted (id int AUTO_INCREMENT PRIMARY KEY, v text);
INSERT INTO counted VALUES (1, 'a'), (2, 'b'), (700, 'c');
-- @after
INSERT INTO counted (v) VALUES ('new');
