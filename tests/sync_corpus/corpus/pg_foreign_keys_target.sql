-- source: postgres
-- trait: The tables of the target are there with foreign keys, which demand an order of the tables and of the rows.
-- args: --batch 10
-- exact: all
CREATE TABLE a_lines (id int PRIMARY KEY, order_id int, parent int);
CREATE TABLE z_orders (id int PRIMARY KEY, v text);
INSERT INTO z_orders SELECT g, 'o' FROM generate_series(1, 30) g;
INSERT INTO a_lines SELECT g, 1 + g % 30, 101 - g FROM generate_series(1, 100) g;
-- @target postgres
CREATE TABLE z_orders (id int PRIMARY KEY, v text);
CREATE TABLE a_lines (id int PRIMARY KEY, order_id int REFERENCES z_orders, parent int REFERENCES a_lines DEFERRABLE INITIALLY DEFERRED);
-- @target mysql mariadb sqlite
CREATE TABLE z_orders (id int PRIMARY KEY, v varchar(20));
CREATE TABLE a_lines (id int PRIMARY KEY, order_id int, parent int, FOREIGN KEY (order_id) REFERENCES z_orders (id), FOREIGN KEY (parent) REFERENCES a_lines (id));
