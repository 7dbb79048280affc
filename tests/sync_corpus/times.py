"""Dates, times and intervals as exact texts and numbers. The years of Python's datetime end at 1 and 9999; these do not."""

import re
from fractions import Fraction

MOMENT = re.compile(
    r"([+-]?\d{1,6})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?"
    r"\s*(Z|UTC|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?( BC)?\Z")
CLOCK = re.compile(r"([+-]?)(\d+):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?\Z")
ISO = re.compile(
    r"(-?)P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?"
    r"(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?\d+(?:\.\d+)?)S)?)?\Z")
WORDS = {"year": ("months", 12), "mon": ("months", 1), "month": ("months", 1), "day": ("days", 1), "week": ("days", 7)}


def days(year, month, day):
    """Returns the number of a day of the proleptic Gregorian calendar."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year


def offset(text):
    if text in (None, "Z", "UTC"):
        return 0
    digits = text[1:].replace(":", "").ljust(6, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:6])
    return -seconds if text[0] == "-" else seconds


def fraction(digits):
    return Fraction(int(digits), 10 ** len(digits)) if digits else Fraction(0)


def moment(value, own, _):
    """Returns a date or a time as its day and the seconds in it, in UTC."""
    if not isinstance(value, str):
        raise ValueError
    if value in ("infinity", "-infinity"):
        return value
    found = MOMENT.match(value)
    if not found:
        raise ValueError
    year, month, day, hour, minute, second, part, zone, before = found.groups()
    year, month, day = int(year), int(month), int(day)
    if not (1 <= month <= 12 and 1 <= day <= 31) or (before and year < 1):
        raise ValueError
    number = days(1 - year if before else year, month, day)
    seconds = int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0) - offset(zone) + fraction(part)
    over, rest = divmod(seconds, 86400)
    return number + int(over), rest


def span(value, own, _):
    """Returns a TIME of MySQL, or a time of day, as seconds."""
    found = CLOCK.match(value)
    if not found or found[6]:
        raise ValueError
    seconds = int(found[2]) * 3600 + int(found[3]) * 60 + int(found[4] or 0) + fraction(found[5])
    return -seconds if found[1] == "-" else seconds


def zoned(value, own, _):
    """Returns a time of day with its zone: two zones are two values."""
    found = CLOCK.match(value)
    if not found:
        raise ValueError
    return span(value[:found.start(6)].strip() if found[6] else value, own, _), offset(found[6])


def interval(value, own, _):
    """Returns months, days and seconds."""
    total = {"months": 0, "days": 0, "seconds": Fraction(0)}
    iso = ISO.match(value)
    if iso and value not in ("P", "-P"):
        sign = -1 if iso[1] else 1
        numbers = [Fraction(group or 0) for group in iso.groups()[1:]]
        months, day = numbers[0] * 12 + numbers[1], numbers[2] * 7 + numbers[3]
        return sign * months, sign * day, sign * (numbers[4] * 3600 + numbers[5] * 60 + numbers[6])
    rest = value
    for amount, word in re.findall(r"([+-]?\d+) (year|month|mon|week|day)s?", value):
        unit, factor = WORDS[word]
        total[unit] += int(amount) * factor
    rest = re.sub(r"[+-]?\d+ (year|month|mon|week|day)s?", "", rest).strip()
    if rest:
        total["seconds"] += span(rest, own, _)
    elif not value:
        raise ValueError
    return Fraction(total["months"]), Fraction(total["days"]), total["seconds"]
