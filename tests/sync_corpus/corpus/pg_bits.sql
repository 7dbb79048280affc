-- source: postgres
-- trait: Bit strings: the length belongs to the value of varbit.
-- exact: all
CREATE TABLE masks (id int PRIMARY KEY, one bit(1), eight bit(8), wide bit(70), v varbit, w varbit(12));
INSERT INTO masks VALUES (1, B'1', B'11111111', B'1'::bit(70), B'0101', B'000000000001'), (2, B'0', B'00000000', repeat('10', 35)::bit(70), B'', B''),
    (3, NULL, B'01111111', NULL, B'00101', B'1'), (4, B'1', B'10000000', NULL, repeat('1', 100)::varbit, NULL);
CREATE TABLE by_bits (b bit(10) PRIMARY KEY, n int);
INSERT INTO by_bits SELECT g::bit(10), g FROM generate_series(0, 1023) g;
