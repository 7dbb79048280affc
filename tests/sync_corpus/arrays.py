"""Arrays of PostgreSQL, as its literals or as JSON."""

import json
from decimal import Decimal

import values


def elements(value, own, element):
    """Returns the elements of an array as nested tuples. The bounds of `[0:1]={1,2}` belong to the value."""
    if value.startswith("["):
        try:
            return ("", of_json(json.loads(value, parse_float=Decimal, parse_int=Decimal), element))
        except json.JSONDecodeError:
            pass
    bounds, _, body = value.partition("=") if value.startswith("[") else ("", "", value)
    reader = Reader(body, element)
    found = reader.array()
    if reader.at != len(body):
        raise ValueError
    return bounds, found


def scalar(text, element):
    column = type("Element", (), {"kind": element or "text", "detail": None})
    return values.form(text, column, element or "text")


def of_json(node, element):
    if isinstance(node, list):
        return tuple(of_json(inner, element) for inner in node)
    if node is None:
        return None
    if isinstance(node, bool):
        node = "t" if node else "f"
    if isinstance(node, dict):
        node = json.dumps(node, default=str)
    return scalar(str(node), element)


class Reader:
    """Reads an array literal: `{1,NULL,"a\\"b",{..}}`."""

    def __init__(self, text, element):
        self.text, self.element, self.at = text, element, 0

    def array(self):
        if self.text[self.at] != "{":
            raise ValueError
        self.at += 1
        found = []
        while self.text[self.at] != "}":
            found.append(self.element_())
            if self.text[self.at] == ",":
                self.at += 1
        self.at += 1
        return tuple(found)

    def element_(self):
        if self.text[self.at] == "{":
            return self.array()
        if self.text[self.at] == '"':
            return scalar(self.quoted(), self.element)
        start = self.at
        while self.text[self.at] not in ",}":
            self.at += 1
        plain = self.text[start:self.at]
        return None if plain.upper() == "NULL" else scalar(plain, self.element)

    def quoted(self):
        self.at += 1
        out = []
        while self.text[self.at] != '"':
            if self.text[self.at] == "\\":
                self.at += 1
            out.append(self.text[self.at])
            self.at += 1
        self.at += 1
        return "".join(out)
