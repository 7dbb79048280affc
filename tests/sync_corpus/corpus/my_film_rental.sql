-- source: mysql mariadb
-- trait: A film rental: ENUM, SET, YEAR, a place, a picture, full-text index, a view and a trigger.
CREATE TABLE film (film_id smallint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, title varchar(128) NOT NULL, description text, release_year year, rental_days tinyint unsigned NOT NULL DEFAULT 3, rate decimal(4,2) NOT NULL DEFAULT 4.99,
    rating enum('G', 'PG', 'PG-13', 'R', 'NC-17') DEFAULT 'G', features set('Trailers', 'Commentaries', 'Deleted Scenes'), last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, KEY (title), FULLTEXT KEY (title, description));
INSERT INTO film (title, description, release_year, rating, features, last_update) VALUES ('ONE', 'A film', 2006, 'NC-17', 'Deleted Scenes,Trailers', '2006-02-15 05:03:42'), ('TWO', NULL, NULL, NULL, '', '2006-02-15 05:03:42'), ('Drei', 'äöü', 1901, 'PG', NULL, '2038-01-19 03:14:07');
CREATE TABLE address (address_id int PRIMARY KEY, location geometry NOT NULL, district varchar(20) NOT NULL);
INSERT INTO address VALUES (1, ST_GeomFromText('POINT(-112.8185647 49.6999986)'), ''), (2, ST_GeomFromText('POINT(153.0913094 -27.6332361)'), 'QLD');
CREATE TABLE staff (staff_id tinyint unsigned PRIMARY KEY, picture blob, active boolean NOT NULL DEFAULT TRUE, password varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin);
INSERT INTO staff VALUES (1, x'89504e470d0a1a0a00', 1, 'Secret'), (2, NULL, 0, NULL);
CREATE TABLE film_text (film_id smallint PRIMARY KEY, title varchar(255));
CREATE TRIGGER copied AFTER INSERT ON film FOR EACH ROW INSERT INTO film_text VALUES (new.film_id, new.title);
CREATE VIEW film_list AS SELECT title FROM film;
