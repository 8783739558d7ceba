"""QueueProcessor step by step: when it receives, invokes, waits, tries again, and how many batches at a time."""

from __future__ import annotations

from random import Random

from pelton.storage.messages import Message
from pelton.triggers.queue_mappings import QueueSettings
from pelton.triggers.queue_processor import (
    InvokeBatch,
    PutBack,
    QueueAction,
    QueueBatch,
    QueueProcessor,
    Receive,
    Received,
    WaitUntil,
)
from pelton.triggers.queue_records import TakenMessage
from pelton.triggers.queue_scaling import START

NOW = 1_761_000_000_000


def processor(workers: int = 16, **settings: object) -> QueueProcessor:
    return QueueProcessor(QueueSettings(**settings), Random(1), workers)  # type: ignore[arg-type]


def taken(number: int, visible_ms: int = NOW + 30_000) -> TakenMessage:
    message = Message(
        message_id=str(number), body="", attributes=None, system={}, sent_ms=NOW, visible_ms=visible_ms, id=number
    )
    return TakenMessage(message, b"{}")


def received(*numbers: int, has_more: bool = False, is_full: bool = False, next_ms: int | None = None) -> Received:
    return Received(tuple(taken(number) for number in numbers), has_more, is_full, next_ms)


def invoked(actions: list[QueueAction]) -> list[QueueBatch]:
    return [action.batch for action in actions if isinstance(action, InvokeBatch)]


def asks(actions: list[QueueAction]) -> list[int]:
    return [action.limit for action in actions if isinstance(action, Receive)]


def waits(actions: list[QueueAction]) -> list[int]:
    return [action.at_ms for action in actions if isinstance(action, WaitUntil)]


def with_batch(made: QueueProcessor, *numbers: int, has_more: bool = False) -> QueueBatch:
    made.news()
    made.decide(NOW)
    made.received(received(*numbers, has_more=has_more), NOW)
    (batch,) = invoked(made.decide(NOW))
    return batch


def test_it_looks_once_and_then_waits_for_news() -> None:
    made = processor()
    assert asks(made.decide(NOW)) == [10]
    assert made.decide(NOW) == []

    made.received(received(next_ms=NOW + 500), NOW)

    assert made.decide(NOW) == [WaitUntil(NOW + 500)]
    assert asks(made.decide(NOW + 500)) == [10]


def test_messages_go_to_the_function_at_once_without_a_window() -> None:
    made = processor()
    made.decide(NOW)
    made.received(received(1, 2), NOW)

    (batch,) = invoked(made.decide(NOW))

    assert [each.message.id for each in batch.messages] == [1, 2]


def test_a_window_begins_with_its_first_message_and_asks_for_the_rest() -> None:
    made = processor(batch_size=100, batching_window_s=5)
    made.decide(NOW)
    made.received(received(1), NOW + 100)
    made.news()

    actions = made.decide(NOW + 200)

    assert asks(actions) == [99]
    assert waits(actions) == [NOW + 5100]
    made.received(received(2), NOW + 300)
    (batch,) = invoked(made.decide(NOW + 5100))
    assert len(batch.messages) == 2


def test_a_window_leaves_the_function_half_of_the_visibility() -> None:
    made = processor(batch_size=100, batching_window_s=300)
    made.decide(NOW)
    made.received(received(1), NOW)

    assert waits(made.decide(NOW)) == [NOW + 15_000]
    assert len(invoked(made.decide(NOW + 15_000))) == 1


def test_what_no_other_message_fits_beside_goes_at_once() -> None:
    made = processor(batch_size=100, batching_window_s=300)
    made.decide(NOW)
    made.received(received(1, has_more=True, is_full=True), NOW)

    actions = made.decide(NOW)

    assert len(invoked(actions)) == 1
    assert asks(actions) == [100]


def test_it_begins_with_five_batches_at_a_time() -> None:
    made = processor()
    for number in range(START):
        with_batch(made, number, has_more=True)

    assert asks(made.decide(NOW)) == []


def test_success_with_a_backlog_adds_a_place_up_to_the_ceiling() -> None:
    made = processor(concurrency_max=6)
    batches = [with_batch(made, number, has_more=True) for number in range(START)]

    for batch in batches[:3]:
        made.answered(batch, has_failed=False)

    assert made.scaling.limit == 6


def test_failures_halve_and_rest_begins_anew() -> None:
    made = processor()
    batches = [with_batch(made, number) for number in range(3)]
    for batch in batches:
        made.answered(batch, has_failed=True)
    assert made.scaling.limit == 1

    assert made.decide(NOW) == []

    assert made.scaling.limit == START


def test_what_there_is_no_room_for_is_tried_again_and_nothing_more_is_taken() -> None:
    made = processor()
    batch = with_batch(made, 1, has_more=True)
    made.not_invoked(batch, NOW)

    actions = made.decide(NOW)

    assert asks(actions) == []
    (at_ms,) = waits(actions)
    assert NOW + 800 <= at_ms <= NOW + 1000
    assert invoked(made.decide(at_ms)) == [batch]


def test_what_finds_no_room_while_it_is_hidden_goes_back() -> None:
    made = processor()
    batch = with_batch(made, 1)
    now_ms = NOW
    while True:
        made.not_invoked(batch, now_ms)
        actions = made.decide(now_ms)
        if any(isinstance(action, PutBack) for action in actions):
            break
        (now_ms,) = waits(actions)
        assert invoked(made.decide(now_ms)) == [batch]

    assert now_ms < batch.until_ms
    assert made.refused == []


def test_a_correction_tries_again_at_once() -> None:
    made = processor()
    batch = with_batch(made, 1)
    made.not_invoked(batch, NOW)

    made.hurry(NOW)

    assert invoked(made.decide(NOW)) == [batch]


def test_what_no_function_has_seen_is_given_back() -> None:
    made = processor(batch_size=100, batching_window_s=5)
    made.decide(NOW)
    made.received(received(1, 2), NOW)

    assert [each.message.id for each in made.give_back()] == [1, 2]
    assert made.is_idle


def test_a_look_that_failed_is_made_again_later() -> None:
    made = processor()
    made.decide(NOW)
    made.not_received(NOW, 1000)

    assert waits(made.decide(NOW)) == [NOW + 1000]
    assert asks(made.decide(NOW + 1000)) == [10]
