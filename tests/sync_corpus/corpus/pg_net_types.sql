-- source: postgres
-- trait: Addresses of networks.
-- exact: all
-- args: --batch 20
CREATE TABLE hosts (id int PRIMARY KEY, i inet, c cidr, m macaddr, m8 macaddr8);
INSERT INTO hosts VALUES (1, '192.168.0.1', '192.168.0.0/24', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05'),
    (2, '192.168.0.1/24', '10.0.0.0/8', NULL, NULL), (3, '::1', '2001:db8::/32', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00:00:00'),
    (4, '::ffff:1.2.3.4', '0.0.0.0/0', NULL, NULL), (5, NULL, NULL, NULL, NULL);
CREATE TABLE by_address (i inet PRIMARY KEY, n int);
INSERT INTO by_address SELECT '10.0.0.0'::inet + g * 7, g FROM generate_series(1, 300) g;
INSERT INTO by_address VALUES ('9.0.0.0/8', -1), ('9.0.0.0', -2), ('::2', -3);
