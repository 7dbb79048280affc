-- source: mysql mariadb
-- trait: Names with dots, blanks, quotes, reserved words, and other scripts.
-- least: select 1
-- exact: mysql mariadb
CREATE TABLE `a.b` (id int PRIMARY KEY, `c.d` int);
INSERT INTO `a.b` VALUES (1, 2);
CREATE TABLE `select` (`from` int PRIMARY KEY, `where` varchar(5), `order` int, `user` int, `table` int);
INSERT INTO `select` VALUES (1, 'w', 2, 3, 4);
CREATE TABLE `has "quotes" and ``ticks``` (id int PRIMARY KEY, `it's` int, `percent%` int, `q?` int, `$1` int, `:n` int);
INSERT INTO `has "quotes" and ``ticks``` VALUES (1, 2, 3, 4, 5, 6);
CREATE TABLE `中文 表` (id int PRIMARY KEY, `größe` int);
INSERT INTO `中文 表` VALUES (1, 2);
CREATE TABLE `MixedCase` (`Id` int PRIMARY KEY, `fooBar` int);
INSERT INTO `MixedCase` VALUES (1, 2);
CREATE TABLE `mixedcase` (`Id` int PRIMARY KEY, `fooBar` int);
INSERT INTO `mixedcase` VALUES (2, 3);
CREATE TABLE `1starts_with_digit` (`2nd` int PRIMARY KEY);
INSERT INTO `1starts_with_digit` VALUES (1);
CREATE TABLE ar_orders (id int PRIMARY KEY);
INSERT INTO ar_orders VALUES (1);
