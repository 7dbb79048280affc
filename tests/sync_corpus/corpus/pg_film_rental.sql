-- source: postgres
-- trait: A film rental: an enum, a domain, arrays, full-text vectors, a partitioned table, views, a trigger.
CREATE TYPE rating AS ENUM ('G', 'PG', 'PG-13', 'R', 'NC-17');
CREATE DOMAIN release_year AS int CHECK (VALUE BETWEEN 1901 AND 2155);
CREATE TABLE language (language_id serial PRIMARY KEY, name char(20) NOT NULL, last_update timestamptz NOT NULL DEFAULT now());
CREATE TABLE film (film_id serial PRIMARY KEY, title text NOT NULL, released release_year, language_id int NOT NULL REFERENCES language, original_id int REFERENCES language, rental_days smallint NOT NULL DEFAULT 3,
    rate numeric(4, 2) NOT NULL DEFAULT 4.99, length smallint, cost numeric(5, 2), rating rating DEFAULT 'G', features text[], words tsvector NOT NULL);
CREATE INDEX film_words ON film USING gist (words);
CREATE TABLE actor (actor_id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE film_actor (actor_id int REFERENCES actor, film_id int REFERENCES film, PRIMARY KEY (actor_id, film_id));
CREATE TABLE staff (staff_id serial PRIMARY KEY, name text, active boolean NOT NULL DEFAULT true, picture bytea, store_id int);
CREATE TABLE store (store_id serial PRIMARY KEY, manager_id int NOT NULL UNIQUE REFERENCES staff);
ALTER TABLE staff ADD FOREIGN KEY (store_id) REFERENCES store DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE payment (payment_id serial, paid timestamptz NOT NULL, amount numeric(5, 2) NOT NULL, PRIMARY KEY (paid, payment_id)) PARTITION BY RANGE (paid);
CREATE TABLE payment_2022_01 PARTITION OF payment FOR VALUES FROM ('2022-01-01') TO ('2022-02-01');
CREATE TABLE payment_2022_02 PARTITION OF payment FOR VALUES FROM ('2022-02-01') TO ('2022-03-01');
CREATE VIEW film_list AS SELECT title, rating FROM film;
INSERT INTO language (name) VALUES ('English'), ('Deutsch');
INSERT INTO film (title, released, language_id, original_id, rating, features, words) SELECT 'FILM ' || g, 1901 + g, 1 + g % 2, CASE g % 3 WHEN 1 THEN 1 WHEN 2 THEN 2 END, (enum_range(NULL::rating))[1 + g % 5],
    CASE g % 3 WHEN 0 THEN '{Trailers,"Deleted Scenes"}'::text[] WHEN 1 THEN '{}' END, to_tsvector('english', 'running film number ' || g) FROM generate_series(1, 40) g ON CONFLICT DO NOTHING;
INSERT INTO actor (name) SELECT 'ACTOR ' || g FROM generate_series(1, 20) g;
INSERT INTO film_actor SELECT g % 20 + 1, g FROM generate_series(1, 40) g;
BEGIN;
INSERT INTO staff (name, picture, store_id) VALUES ('one', '\x89504e470d0a', 1), ('two', NULL, 2);
INSERT INTO store (manager_id) VALUES (1), (2);
COMMIT;
INSERT INTO payment (paid, amount) SELECT '2022-01-01 00:00+00'::timestamptz + g * interval '1 day 1 ms', g / 4.0 FROM generate_series(0, 50) g;
