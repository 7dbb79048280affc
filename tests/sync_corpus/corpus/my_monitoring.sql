-- source: mysql mariadb
-- trait: A monitoring system: keys that are hashes of 20 bytes, milliseconds as BIGINT UNSIGNED, ENUM('n','y'), floats, citext-like names.
-- exact: all
-- args: --batch 30
CREATE TABLE host (id binary(20) NOT NULL COMMENT 'hash of the name', environment_id binary(20) NOT NULL, name varchar(255) NOT NULL COLLATE utf8mb4_unicode_ci, address_bin binary(4) DEFAULT NULL, address6_bin binary(16) DEFAULT NULL, active enum('n', 'y') NOT NULL, check_interval int unsigned NOT NULL, command_id binary(20), PRIMARY KEY (id), KEY (environment_id, name));
CREATE TABLE host_state (host_id binary(20) PRIMARY KEY, soft_state tinyint unsigned NOT NULL, output longtext, latency int unsigned, previous_hard tinyint unsigned, last_update bigint unsigned, execution_time float, is_flapping enum('n', 'y') NOT NULL);
CREATE TABLE state_history (id binary(20) PRIMARY KEY, endpoint_id binary(20) DEFAULT NULL, object_type enum('host', 'service') NOT NULL, event_time bigint unsigned NOT NULL, properties_checksum binary(20) NOT NULL);
INSERT INTO host WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 120) SELECT UNHEX(LEFT(SHA2(i, 256), 40)), UNHEX(LEFT(SHA2('env', 256), 40)), CONCAT(IF(i % 2, 'Host-', 'host-'), i), IF(i % 3, UNHEX(HEX(2130706432 + i)), NULL), IF(i % 4, UNHEX(LPAD(HEX(i), 32, '0')), NULL), ELT(1 + i % 2, 'n', 'y'), i * 1000, NULL FROM g;
INSERT INTO host_state SELECT id, 1, CONCAT('OK - load: ', HEX(name), '\n|load=0.1'), 7, NULL, 1665000000000 + check_interval, check_interval / 7, 'n' FROM host;
INSERT INTO state_history SELECT UNHEX(LEFT(SHA2(HEX(id), 256), 40)), NULL, ELT(1 + check_interval DIV 1000 % 2, 'service', 'host'), 18446744073709551615 - check_interval, id FROM host;
