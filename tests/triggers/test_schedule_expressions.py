"""Rate and cron against Amazon's own examples, and against an enumeration that shares nothing with the parser."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.triggers.cron import InvalidSchedule, parse_cron
from pelton.triggers.schedule_expressions import parse_schedule

NAMES = {"JAN": 1, "DEC": 12, "SUN": 1, "MON": 2, "FRI": 6, "SAT": 7}


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def following(expression: str, after: str, count: int, timezone: str = "UTC") -> list[str]:
    following_ms = parse_schedule(expression, timezone)
    found, now = [], ms(after)
    for _ in range(count):
        due = following_ms(now, now)
        if due is None:
            break
        now = due
        found.append(f"{datetime.fromtimestamp(now / 1000, tz=UTC):%Y-%m-%dT%H:%M}")
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # Every day at 10:00.
        ("cron(0 10 * * ? *)", ["2026-01-01T10:00", "2026-01-02T10:00"]),
        # At 18:00 from Monday to Friday; 2 January 2026 is a Friday.
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-01T18:00", "2026-01-02T18:00", "2026-01-05T18:00"]),
        # At 8:00 on the first day of the month.
        ("cron(0 8 1 * ? *)", ["2026-01-01T08:00", "2026-02-01T08:00"]),
        # Every ten minutes on weekdays.
        ("cron(0/10 * ? * MON-FRI *)", ["2026-01-01T00:10", "2026-01-01T00:20"]),
        # Every five minutes between 8:00 and 17:55 on weekdays.
        ("cron(0/5 8-17 ? * MON-FRI *)", ["2026-01-01T08:00", "2026-01-01T08:05"]),
        # The last day of the month; a leap year's February too.
        ("cron(0 0 L 2 ? 2026-2028)", ["2026-02-28T00:00", "2027-02-28T00:00", "2028-02-29T00:00"]),
        # The last Friday of the month.
        ("cron(15 10 ? * 6L 2026)", ["2026-01-30T10:15", "2026-02-27T10:15"]),
        ("cron(15 10 ? * FRIL 2026)", ["2026-01-30T10:15"]),
        # L alone in day-of-week is Saturday.
        ("cron(0 0 ? * L *)", ["2026-01-03T00:00", "2026-01-10T00:00"]),
        # The second Tuesday.
        ("cron(0 9 ? * 3#2 *)", ["2026-01-13T09:00", "2026-02-10T09:00"]),
        # A fifth Thursday is not in every month.
        ("cron(0 9 ? * THU#5 2026)", ["2026-01-29T09:00", "2026-04-30T09:00"]),
        # The weekday next to the 3rd: 3 January 2026 is a Saturday, so is 3 October; 3 May a Sunday.
        ("cron(0 9 3W 1,5,10 ? 2026)", ["2026-01-02T09:00", "2026-05-04T09:00", "2026-10-02T09:00"]),
        # It stays in its month: 1 February 2026 is a Sunday, 1 August a Saturday, 31 May a Sunday.
        ("cron(0 9 1W 2,8 ? 2026)", ["2026-02-02T09:00", "2026-08-03T09:00"]),
        ("cron(0 9 31W 5 ? 2026)", ["2026-05-29T09:00"]),
        # Names, lists, a range over the end of the week, a step.
        ("cron(0 0 ? jan,DEC FRI-SUN 2026)", ["2026-01-02T00:00", "2026-01-03T00:00", "2026-01-04T00:00"]),
        ("cron(0 0 1-31/10 1 ? 2026)", ["2026-01-11T00:00", "2026-01-21T00:00", "2026-01-31T00:00"]),
        # Years: only odd ones from 2027.
        ("cron(0 0 1 1 ? 2027/2)", ["2027-01-01T00:00", "2029-01-01T00:00"]),
        # A time that has passed, and a day that never is.
        ("cron(0 0 1 1 ? 2025)", []),
        ("cron(0 0 30 2 ? *)", []),
        ("at(2026-03-01T04:05:06)", ["2026-03-01T04:05"]),
        ("at(2025-03-01T04:05:06)", []),
        ("rate(1 minute)", ["2026-01-01T00:01", "2026-01-01T00:02"]),
        ("rate(12 hours)", ["2026-01-01T12:00", "2026-01-02T00:00"]),
    ],
)
def test_amazons_expressions_mean_these_moments(expression: str, expected: list[str]) -> None:
    assert following(expression, "2026-01-01T00:00:00", len(expected) or 1) == expected


def test_a_rate_keeps_its_rhythm_from_when_it_began() -> None:
    following_ms = parse_schedule("rate(5 minutes)")

    assert following_ms(1_000_000 + 11 * 60_000, 1_000_000) == 1_000_000 + 15 * 60_000


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("every minute", "neither rate"),
        ("rate(0 minutes)", "write 1 minute"),
        ("rate(1 minutes)", "write 1 minute"),
        ("rate(5 minute)", "write 1 minute"),
        ("rate(1.5 hours)", "write 1 minute"),
        ("rate(5 seconds)", "write 1 minute"),
        ("cron(0 10 * * *)", "has 5 fields"),
        ("cron(0 10 * * * *)", r"must be \?"),
        ("cron(0 10 ? * ? *)", r"must be \?"),
        ("cron(60 10 * * ? *)", "60 is not in 0 to 59"),
        ("cron(0 24 * * ? *)", "24 is not in 0 to 23"),
        ("cron(0 0 0 * ? *)", "0 is not in 1 to 31"),
        ("cron(0 0 1 13 ? *)", "13 is not in 1 to 12"),
        ("cron(0 0 ? * 8 *)", "8 is not in 1 to 7"),
        ("cron(0 0 ? * 2#6 *)", "6 is not in 1 to 5"),
        ("cron(0 0 1 * ? 1969)", "1969 is not in 1970 to 2199"),
        ("cron(0/0 0 1 * ? *)", "not a number above 0"),
        ("cron(0, 0 1 * ? *)", "nothing is not in"),
        ("at(tomorrow)", "write it as"),
    ],
)
def test_what_is_no_expression_is_refused(expression: str, text: str) -> None:
    with pytest.raises(InvalidSchedule, match=text):
        parse_schedule(expression)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(InvalidSchedule, match="no time zone 'Mars/Olympus'"):
        parse_schedule("cron(0 0 * * ? *)", "Mars/Olympus")


def test_a_time_zone_moves_with_its_summer_time() -> None:
    # Clocks in Berlin go forward on 29 March 2026 at 02:00, back on 25 October at 03:00.
    assert following("cron(30 2 * * ? *)", "2026-03-28T00:00:00", 3, "Europe/Berlin") == [
        "2026-03-28T01:30",
        "2026-03-30T00:30",
        "2026-03-31T00:30",
    ]
    assert following("cron(30 2 * * ? *)", "2026-10-24T22:00:00", 2, "Europe/Berlin") == [
        "2026-10-25T00:30",
        "2026-10-26T01:30",
    ]


# An enumeration that looks at every minute and asks each field about it, character by character.


def is_in(field: str, value: int, low: int, high: int) -> bool:
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = (NAMES.get(text) or int(text) for text in span.split("-"))
        else:
            first = NAMES.get(span) or int(span)
            last = high if step else first
        if first <= value <= last and (value - first) % int(step or 1) == 0:
            return True
    return False


def is_month_day(field: str, day: date) -> bool:
    if field == "L":
        return (day + timedelta(days=1)).day == 1
    if field.endswith("W"):
        wanted = int(field[:-1])
        if day.weekday() > 4 or wanted > monthrange(day.year, day.month)[1]:
            return False
        target = day.replace(day=wanted)
        candidates = [target + timedelta(days=offset) for offset in (0, -1, 1, -2, 2)]
        near = next(each for each in candidates if each.month == day.month and each.weekday() < 5)
        return near == day
    return is_in(field, day.day, 1, 31)


def is_weekday(field: str, day: date) -> bool:
    number = (day.weekday() + 1) % 7 + 1
    if "#" in field:
        wanted, place = field.split("#")
        return number == int(wanted) and (day.day - 1) // 7 + 1 == int(place)
    if field.endswith("L"):
        return number == int(field[:-1] or 7) and (field == "L" or (day + timedelta(days=7)).month != day.month)
    return is_in(field, number, 1, 7)


def enumerated(fields: list[str], start: datetime, days: int) -> list[datetime]:
    minutes, hours, month_day, month, weekday, year = fields
    of_a_day = [
        minute for minute in range(24 * 60) if is_in(hours, minute // 60, 0, 23) and is_in(minutes, minute % 60, 0, 59)
    ]
    found = []
    for offset in range(days):
        day = start.date() + timedelta(days=offset)
        fits = is_month_day(month_day, day) if weekday == "?" else is_weekday(weekday, day)
        if not fits or not is_in(month, day.month, 1, 12) or not is_in(year, day.year, 1970, 2199):
            continue
        moments = (datetime(day.year, day.month, day.day) + timedelta(minutes=minute) for minute in of_a_day)
        found += [moment for moment in moments if moment >= start]
    return found


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    one = st.integers(low, high)
    spans = st.tuples(one, one).map(lambda pair: f"{min(pair)}-{max(pair)}")
    part = st.one_of(st.just("*"), one.map(str), spans)
    stepped = st.tuples(part, st.integers(1, 20)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.lists(st.one_of(part, stepped), min_size=1, max_size=3).map(",".join)


month_days = st.one_of(numbers(1, 31), st.just("L"), st.integers(1, 31).map("{}W".format))
weekdays = st.one_of(
    numbers(1, 7),
    st.just("L"),
    st.integers(1, 7).map("{}L".format),
    st.tuples(st.integers(1, 7), st.integers(1, 5)).map(lambda pair: f"{pair[0]}#{pair[1]}"),
)
day_fields = st.one_of(st.tuples(month_days, st.just("?")), st.tuples(st.just("?"), weekdays))


@settings(deadline=None, max_examples=80)
@given(
    numbers(0, 59),
    numbers(0, 23),
    day_fields,
    numbers(1, 12),
    st.sampled_from(["*", "2026-2030", "2027/3"]),
    st.integers(0, 3 * 365 * 24 * 60),
)
def test_cron_agrees_with_looking_at_every_minute(
    minutes: str, hours: str, days: tuple[str, str], month: str, year: str, offset: int
) -> None:
    start = datetime(2025, 6, 1) + timedelta(minutes=offset)
    fields = [minutes, hours, days[0], month, days[1], year]
    expected = enumerated(fields, start, 45)

    found = list(islice(parse_cron(" ".join(fields)).moments(start), len(expected) + 1))

    assert found[: len(expected)] == expected
    assert all(
        moment >= datetime(start.year, start.month, start.day) + timedelta(days=45) for moment in found[len(expected) :]
    )


@given(st.integers(1, 500), st.sampled_from(["minute", "hour", "day"]), st.integers(0, 10**9), st.integers(0, 10**10))
def test_a_rate_is_due_at_whole_intervals_only(count: int, unit: str, began_ms: int, later_ms: int) -> None:
    interval = count * {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}[unit]
    expression = f"rate({count} {unit}{'' if count == 1 else 's'})"

    due = parse_schedule(expression)(began_ms + later_ms, began_ms)

    assert due is not None
    assert (due - began_ms) % interval == 0
    assert 0 < due - (began_ms + later_ms) <= interval
