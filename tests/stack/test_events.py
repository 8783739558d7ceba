import asyncio

from pelton.stack.events import Event, EventLog, Kind, Wanted


def event(subject: str, at_ms: int = 0) -> Event:
    return Event(at_ms=at_ms, kind=Kind.LOG, subject=subject, text="x")


async def collected(log: EventLog, function: str | None, since_ms: int = 0) -> list[Event]:
    wanted = Wanted(subjects=frozenset([function] if function else []), since_ms=since_ms)
    return [found async for found in log.since(wanted, follow=False)]


def test_kept_lines_are_given_oldest_first_and_by_function() -> None:
    log = EventLog()
    for number, subject in enumerate(["a", "b", "a"]):
        log.add(event(subject, number))

    assert [found.at_ms for found in asyncio.run(collected(log, "a"))] == [0, 2]


def test_lines_before_the_asked_time_are_left_out() -> None:
    log = EventLog()
    for number in range(3):
        log.add(event("a", number))

    assert [found.at_ms for found in asyncio.run(collected(log, None, since_ms=1))] == [1, 2]


def test_a_follower_gets_what_comes_while_it_reads_the_past() -> None:
    async def follow() -> list[int]:
        log = EventLog()
        log.add(event("a", 1))
        rows = log.since(Wanted(), follow=True)
        first = await anext(rows)
        log.add(event("a", 2))
        second = await anext(rows)
        await rows.aclose()  # type: ignore[attr-defined]
        return [first.at_ms, second.at_ms]

    assert asyncio.run(follow()) == [1, 2]


def test_a_listener_that_left_hears_nothing_more() -> None:
    log = EventLog()
    heard: list[Event] = []

    end = log.listen(heard.append)
    log.add(event("a"))
    end()
    log.add(event("a"))

    assert len(heard) == 1
