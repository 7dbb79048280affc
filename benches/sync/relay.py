"""The cases of `activerecord relay` to NATS JetStream, for run.py."""

import os

MESSAGES = 30_000
# The number of keys, and of messages per claim.
CASES = [(500, 100), (0, 100), (5_000, 400), (100, 100)]
TOPIC = "bench-relay"
COLUMNS = "aggregatetype, aggregateid, type, payload, state, attempts, available_at, created_at"


def call(program, batch):
    """Returns the command that publishes all messages and then ends."""
    return [program, "relay", "--topic", TOPIC, "--to", os.environ["NATS_URL"], "--batch", str(batch), "--once"]


def fill(server, keys):
    number, source, now, analyze = {
        "postgres": ("n", f"generate_series(1, {MESSAGES}) AS n", "now()", "ANALYZE ar_outbox"),
        "mariadb": ("seq", f"seq_1_to_{MESSAGES}", "now(6)", "ANALYZE TABLE ar_outbox"),
    }[server.kind]
    key = f"concat('k', {number} % {keys})" if keys else "NULL"
    values = f"'{TOPIC}', {key}, 'counted', '{{\"n\": 1}}', 'ready', 0, {now}, {now}"
    server.sql(f"INSERT INTO ar_outbox ({COLUMNS}) SELECT {values} FROM {source}; {analyze};")
