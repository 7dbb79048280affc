-- source: mysql mariadb
-- trait: A row with the key 0 in an AUTO_INCREMENT column.
-- exact: all
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
CREATE TABLE lots (id int AUTO_INCREMENT PRIMARY KEY, label varchar(20));
INSERT INTO lots VALUES (0, 'zero'), (1, 'one'), (2, 'two');
CREATE TABLE negative (id bigint AUTO_INCREMENT PRIMARY KEY, label varchar(20));
INSERT INTO negative VALUES (-3, 'minus'), (0, 'zero'), (9, 'nine');
