-- source: sqlite
-- trait: A music shop: many foreign keys and indexes, a composite key, a tree of employees, prices, lengths of texts.
-- exact: all
CREATE TABLE artist (artist_id int PRIMARY KEY, name varchar(120));
CREATE TABLE album (album_id int PRIMARY KEY, title varchar(160) NOT NULL, artist_id int NOT NULL, FOREIGN KEY (artist_id) REFERENCES artist (artist_id));
CREATE TABLE genre (genre_id int PRIMARY KEY, name varchar(120));
CREATE TABLE track (track_id int PRIMARY KEY, name varchar(200) NOT NULL, album_id int, genre_id int, composer varchar(220), milliseconds int NOT NULL, bytes int, unit_price numeric(10,2) NOT NULL,
    FOREIGN KEY (album_id) REFERENCES album (album_id), FOREIGN KEY (genre_id) REFERENCES genre (genre_id));
CREATE INDEX track_by_album ON track (album_id);
CREATE INDEX track_by_genre ON track (genre_id);
CREATE TABLE employee (employee_id int PRIMARY KEY, last_name varchar(20) NOT NULL, reports_to int, hired datetime, FOREIGN KEY (reports_to) REFERENCES employee (employee_id));
CREATE TABLE customer (customer_id int PRIMARY KEY, email varchar(60) NOT NULL UNIQUE, country varchar(40), support_id int, FOREIGN KEY (support_id) REFERENCES employee (employee_id));
CREATE TABLE invoice (invoice_id int PRIMARY KEY, customer_id int NOT NULL, invoice_date datetime NOT NULL, total numeric(10,2) NOT NULL, FOREIGN KEY (customer_id) REFERENCES customer (customer_id));
CREATE TABLE invoice_line (line_id int PRIMARY KEY, invoice_id int NOT NULL, track_id int NOT NULL, unit_price numeric(10,2) NOT NULL, quantity int NOT NULL,
    FOREIGN KEY (invoice_id) REFERENCES invoice (invoice_id), FOREIGN KEY (track_id) REFERENCES track (track_id));
CREATE TABLE playlist (playlist_id int PRIMARY KEY, name varchar(120));
CREATE TABLE playlist_track (playlist_id int NOT NULL, track_id int NOT NULL, PRIMARY KEY (playlist_id, track_id),
    FOREIGN KEY (playlist_id) REFERENCES playlist (playlist_id), FOREIGN KEY (track_id) REFERENCES track (track_id));
INSERT INTO artist VALUES (1, 'Les Étoiles'), (2, 'Der Große Bär'), (3, 'The "Quoted" Band'), (4, NULL);
INSERT INTO album VALUES (1, 'Première', 1), (2, 'Zweites (Live) [Disc 1]', 2), (3, 'It''s Third', 3);
INSERT INTO genre VALUES (1, 'Folk'), (2, 'Drum & Bass');
INSERT INTO track VALUES (1, 'Nuit', 1, 1, 'A. Unbekannt', 343719, 11170334, 0.99), (2, 'Straße', 2, 2, NULL, 1, NULL, 12345678.91), (3, 'Ni¿', 3, 1, '', 0, 0, 0), (4, 'No album', NULL, NULL, NULL, 5286953, 1059546140, 1.99);
INSERT INTO employee VALUES (3, 'Third', NULL, '2002-08-14 00:00:00');
INSERT INTO employee VALUES (2, 'Second', 3, '2003-05-01 12:30:00');
INSERT INTO employee VALUES (1, 'First', 2, NULL);
INSERT INTO customer VALUES (1, 'one@example.org', 'Česko', 1), (2, 'two@example.org', NULL, NULL);
INSERT INTO invoice VALUES (1, 1, '2021-01-01 00:00:00', 1.98), (2, 2, '2021-01-02 23:59:59', 0);
INSERT INTO invoice_line VALUES (1, 1, 1, 0.99, 2), (2, 1, 2, 0.99, 1), (3, 2, 4, 1.99, 1);
INSERT INTO playlist VALUES (1, 'Music'), (2, NULL);
INSERT INTO playlist_track VALUES (1, 1), (1, 2), (2, 1), (1, 4);
