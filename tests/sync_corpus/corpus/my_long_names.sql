-- source: mysql mariadb
-- trait: Names of 64 characters, which PostgreSQL cuts: two tables must not become one.
-- exact: sqlite mysql mariadb
CREATE TABLE a_table_with_a_name_that_has_sixty_four_characters_in_all_of_i_1 (id int PRIMARY KEY, v int);
CREATE TABLE a_table_with_a_name_that_has_sixty_four_characters_in_all_of_i_2 (id int PRIMARY KEY, v int);
INSERT INTO a_table_with_a_name_that_has_sixty_four_characters_in_all_of_i_1 VALUES (1, 1), (2, 2);
INSERT INTO a_table_with_a_name_that_has_sixty_four_characters_in_all_of_i_2 VALUES (2, 20), (3, 30);
CREATE TABLE `tabelle_für_größen_und_ähnliche_übliche_öffentliche_äußerst_a` (id int PRIMARY KEY, a_column_with_a_name_that_has_sixty_four_characters_in_all_of_i1 int, a_column_with_a_name_that_has_sixty_four_characters_in_all_of_i2 int);
INSERT INTO `tabelle_für_größen_und_ähnliche_übliche_öffentliche_äußerst_a` VALUES (1, 2, 3);
CREATE TABLE plain (id int PRIMARY KEY);
INSERT INTO plain VALUES (5);
