"""`activerecord relay` to NATS JetStream: messages that are in the outbox already, until none is left."""

import os
import subprocess
import time

CASES = [(500, 100), (0, 100), (5_000, 400), (100, 100)]
TOPIC = "bench-relay"
COLUMNS = "aggregatetype, aggregateid, type, payload, state, attempts, available_at, created_at"


def measure(program, server, messages=30_000):
    """Every case once, on an outbox of its own."""
    for keys, batch in CASES:
        server.reset()
        relay(program, server, batch)
        fill(server, keys, messages)
        started = time.monotonic()
        relay(program, server, batch)
        took = time.monotonic() - started
        assert server.count("ar_outbox") == 0, "the relay has left messages"
        case = f"relay {server.kind}>nats, {keys or 'no'} keys, batch {batch}"
        print(f"{case:45} {'activerecord':13} {took:8.2f} s {messages / took:8.0f} messages/s", flush=True)
    server.drop()


def relay(program, server, batch):
    """Publishes what there is. The first time it makes the outbox."""
    command = [program, "relay", "--topic", TOPIC, "--to", os.environ["NATS_URL"], "--batch", str(batch), "--once"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "DATABASE_URL": server.url()})


def fill(server, keys, messages):
    number, source, now, analyze = {
        "postgres": ("n", f"generate_series(1, {messages}) AS n", "now()", "ANALYZE ar_outbox"),
        "mariadb": ("seq", f"seq_1_to_{messages}", "now(6)", "ANALYZE TABLE ar_outbox"),
    }[server.kind]
    key = f"concat('k', {number} % {keys})" if keys else "NULL"
    values = f"'{TOPIC}', {key}, 'counted', '{{\"n\": 1}}', 'ready', 0, {now}, {now}"
    server.sql(f"INSERT INTO ar_outbox ({COLUMNS}) SELECT {values} FROM {source}; {analyze};")
