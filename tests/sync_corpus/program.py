"""Runs the program `activerecord`, and reads its answers."""

import json
import os
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

SEVERAL = ("tables", "reports", "results")


@dataclass
class Answer:
    code: int | None
    out: str
    err: str
    seconds: float
    # What is said of each table: the objects of the JSON that have a member `table`.
    tables: dict = field(default_factory=dict)
    left_out: list = field(default_factory=list)
    parsed: bool = True

    @property
    def text(self):
        return self.out + "\n" + self.err

    def total(self, member):
        return sum(table.get(member) or 0 for table in self.tables.values())


def documents(out):
    """Returns the JSON documents that a text consists of. A run with several prints them one after the other."""
    decoder, at, found = json.JSONDecoder(), 0, []
    out = out.strip()
    while at < len(out):
        try:
            value, at = decoder.raw_decode(out, at)
        except json.JSONDecodeError:
            return found, False
        found.append(value)
        while at < len(out) and out[at].isspace():
            at += 1
    return found, True


def parse(answer):
    found, answer.parsed = documents(answer.out)
    for document in found:
        lists = [document] if isinstance(document, list) else [document.get(name, []) for name in SEVERAL]
        for item in (item for items in lists for item in items if isinstance(item, dict) and "table" in item):
            answer.tables.setdefault(item["table"], {}).update(item)
        if isinstance(document, dict):
            answer.left_out += document.get("left_out", [])
    return answer


class Program:
    """The program with a configuration of two connections, `a` and `b`."""

    def __init__(self, binary, folder, source_url, target_url, timeout=120):
        self.binary, self.folder, self.timeout = str(Path(binary).resolve()), folder, timeout
        folder.mkdir(parents=True, exist_ok=True)
        quote = lambda url: json.dumps(url.replace("$", "$$"))
        self.config = folder / "activerecord.toml"
        self.config.write_text(f"[connections.a]\nurl = {quote(source_url)}\n\n[connections.b]\nurl = {quote(target_url)}\n")

    def command(self, *arguments):
        return [self.binary, "--config", str(self.config), "--json", *map(str, arguments)]

    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_URL")}
        return kept | {"RUST_BACKTRACE": "0", "NO_COLOR": "1"}

    def run(self, command, *arguments):
        """Runs a command. The code is None if the time was over."""
        start = time.monotonic()
        process = subprocess.Popen(
            self.command(command, "--from", "a", "--to", "b", *arguments), cwd=self.folder, env=self.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=self.timeout)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            code = None
        decoded = (part.decode("utf-8", "replace") for part in (out, err))
        return parse(Answer(code, *decoded, time.monotonic() - start))


POSTGRES_TYPES = (
    "regclass|text|bytea|int[248]?|integer|bigint|numeric|json|jsonb|date|timestamp|timestamptz|character|bpchar|varchar|"
    "double|real|boolean|name|citext|uuid|inet|interval|time|bit")
RUST_PATH = re.compile(rf"\b[A-Za-z_][A-Za-z0-9_]*::(?!({POSTGRES_TYPES})\b)[A-Za-z_<]")
RUST = (
    (RUST_PATH, "a path of Rust"),
    (re.compile(r"\.(describe|run|verify|execute|fetch|tables|unwrap|transaction)\("), "a method of Rust"),
    (re.compile(r"\.describe\b"), "a method of Rust"),
    (re.compile(r"\b(Error|Some|Ok|Err|Kind) ?[({] ?\w"), "a debug output of Rust"),
    (re.compile(r"panicked at|stack backtrace|RUST_BACKTRACE"), "a panic"),
)


def messages(answer):
    """Returns what the program says to people: its errors, and the texts of its report."""
    texts = [answer.err]

    def walk(node):
        if isinstance(node, dict):
            for name, inner in node.items():
                if name in ("why", "notes", "error", "message", "outcome"):
                    texts.append(json.dumps(inner, ensure_ascii=False) if not isinstance(inner, str) else inner)
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    for document in documents(answer.out)[0]:
        walk(document)
    return "\n".join(texts)


def foreign_words(answer):
    """Returns what people should not read in a message."""
    said = messages(answer)
    found = []
    for pattern, what in RUST:
        hit = pattern.search(said)
        if hit:
            start = max(0, hit.start() - 40)
            found.append(f"{what} in a message: {said[start:hit.end() + 40]!r}")
    return found
