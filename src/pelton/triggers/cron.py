"""Cron expressions as Amazon EventBridge takes them: six fields, and the days that they mean. Pure.

    minutes  hours  day-of-month  month  day-of-week  year
    0-59     0-23   1-31          1-12   1-7          1970-2199
    , - * /  , - * /  , - * ? / L W  , - * /  , - * ? / L #  , - * /

Months and weekdays have names (JAN, SUN), Sunday is 1; one of the two day fields is ``?``. ``L`` is the last day of the
month (or Saturday; ``6L`` the month's last Friday), ``15W`` the weekday next to the 15th in its month, ``3#2`` the
second Tuesday. Source: EventBridge user guide, "Cron expressions".
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_YEARS = (1970, 2199)
_SATURDAY, _SUNDAY = 5, 6  #: as ``date.weekday`` counts

#: The days of the month that a field means, of a year and month.
_Days = Callable[[int, int], set[int]]


class InvalidSchedule(ValueError):
    """The expression is none of EventBridge's; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    days: _Days

    def moments(self, start: datetime) -> Iterator[datetime]:
        """The moments from ``start`` on, itself included, in order; wall-clock time without zone, whole minutes."""
        floor = start.replace(second=0, microsecond=0)
        if floor < start:
            floor += timedelta(minutes=1)
        for day in self._days_from(floor.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    moment = datetime(day.year, day.month, day.day, hour, minute)
                    if moment >= floor:
                        yield moment

    def _days_from(self, first: date) -> Iterator[date]:
        for year in range(first.year, _YEARS[1] + 1):
            if year not in self.years:
                continue
            for month in sorted(self.months):
                for day in sorted(self.days(year, month)):
                    found = date(year, month, day)
                    if found >= first:
                        yield found


def parse_cron(text: str) -> Cron:
    """The expression between the parentheses of ``cron(…)``.

    Raises:
        InvalidSchedule: it is none.
    """
    fields = text.split()
    if len(fields) != 6:
        raise InvalidSchedule(f"cron({text}) has {len(fields)} fields, not 6: minutes hours day month weekday year")
    minutes, hours, day, month, weekday, year = (field.upper() for field in fields)
    if (day == "?") is (weekday == "?"):
        raise InvalidSchedule(f"cron({text}): one of day-of-month and day-of-week must be ?, the other not")
    return Cron(
        minutes=tuple(sorted(_numbers(minutes, 0, 59, ()))),
        hours=tuple(sorted(_numbers(hours, 0, 23, ()))),
        months=frozenset(_numbers(month, 1, 12, _MONTHS)),
        years=frozenset(_numbers(year, *_YEARS, ())),
        days=_weekdays(weekday) if day == "?" else _month_days(day),
    )


def _numbers(field: str, low: int, high: int, names: list[str] | tuple[str, ...]) -> set[int]:
    """What a field of lists, ranges and steps means."""
    found: set[int] = set()
    for part in field.split(","):
        found |= _part(part, low, high, names)
    return found


def _part(part: str, low: int, high: int, names: list[str] | tuple[str, ...]) -> set[int]:
    span, slash, step_text = part.partition("/")
    step = _step(step_text, part) if slash else 1
    if span == "*":
        first, last = low, high
    else:
        begin, dash, end = span.partition("-")
        first = _number(begin, low, high, names)
        last = _number(end, low, high, names) if dash else (high if slash else first)
    if first > last:  # A range that goes over the end, such as FRI-MON.
        size = high - low + 1
        return {low + (number - low) % size for number in range(first, last + size + 1, step)}
    return set(range(first, last + 1, step))


def _number(text: str, low: int, high: int, names: list[str] | tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + low
    if not re.fullmatch(r"\d+", text) or not low <= int(text) <= high:
        raise InvalidSchedule(f"{text or 'nothing'} is not in {low} to {high}")
    return int(text)


def _step(text: str, part: str) -> int:
    if not re.fullmatch(r"\d+", text) or int(text) == 0:
        raise InvalidSchedule(f"{part}: the step after / is not a number above 0")
    return int(text)


def _month_days(field: str) -> _Days:
    """The day-of-month field."""
    choices = [_month_day(part) for part in field.split(",")]
    return lambda year, month: set().union(*(choice(year, month) for choice in choices))


def _month_day(part: str) -> _Days:
    if part == "L":
        return lambda year, month: {monthrange(year, month)[1]}
    if part == "LW":
        return lambda year, month: {_nearest_weekday(year, month, monthrange(year, month)[1])}
    if part.endswith("W"):
        wanted = _number(part[:-1], 1, 31, ())
        return lambda year, month: (
            {_nearest_weekday(year, month, wanted)} if wanted <= monthrange(year, month)[1] else set()
        )
    numbers = _part(part, 1, 31, ())
    return lambda year, month: {day for day in numbers if day <= monthrange(year, month)[1]}


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """The Monday to Friday next to that day, in the same month."""
    weekday, last = date(year, month, day).weekday(), monthrange(year, month)[1]
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < last else day - 2
    return day


def _weekdays(field: str) -> _Days:
    """The day-of-week field."""
    choices = [_weekday(part) for part in field.split(",")]
    return lambda year, month: set().union(*(choice(year, month) for choice in choices))


def _weekday(part: str) -> _Days:
    if part == "L":
        part = "SAT"
    day, hash_, place_text = part.partition("#")
    if hash_:
        wanted, place = _number(day, 1, 7, _DAYS), _number(place_text, 1, 5, ())
        return lambda year, month: set(_days_of(year, month, {wanted})[place - 1 : place])
    if part.endswith("L"):
        wanted = _number(part[:-1], 1, 7, _DAYS)
        return lambda year, month: {_days_of(year, month, {wanted})[-1]}
    numbers = _part(part, 1, 7, _DAYS)
    return lambda year, month: set(_days_of(year, month, numbers))


def _days_of(year: int, month: int, weekdays: set[int]) -> list[int]:
    """The days of a month that fall on those weekdays (1 is Sunday), in order."""
    first, count = monthrange(year, month)
    return [day for day in range(1, count + 1) if (first + day) % 7 + 1 in weekdays]
