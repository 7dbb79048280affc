-- source: mariadb
-- trait: Types of MariaDB alone: INET4, INET6, UUID, sequences, system versioning, JSON with a check.
-- least: hosts 4 versioned 2 by_uuid 200 by_address 200
-- args: --batch 20
CREATE TABLE hosts (id int PRIMARY KEY, a inet6, b inet4, u uuid);
INSERT INTO hosts VALUES (1, '::1', '10.0.0.1', '123e4567-e89b-12d3-a456-426655440000'), (2, '::ffff:1.2.3.4', '255.255.255.255', 'FFFFFFFF-ffff-ffff-ffff-ffffffffffff'), (3, '2001:db8::ff00:42:8329', '0.0.0.0', NULL), (4, NULL, NULL, NULL);
CREATE SEQUENCE numbers START WITH 5;
CREATE TABLE versioned (id int PRIMARY KEY, v int) WITH SYSTEM VERSIONING;
INSERT INTO versioned VALUES (1, 1), (2, 2);
UPDATE versioned SET v = 3 WHERE id = 1;
CREATE TABLE by_uuid (k uuid PRIMARY KEY, n int);
INSERT INTO by_uuid SELECT CONCAT(LPAD(HEX(seq * 7919 % 65536), 8, '0'), '-0000-4000-8000-', LPAD(seq, 12, '0')), seq FROM seq_1_to_200;
CREATE TABLE by_address (k inet6 PRIMARY KEY, n int);
INSERT INTO by_address SELECT CONCAT('2001:db8::', HEX(seq)), seq FROM seq_1_to_200;
