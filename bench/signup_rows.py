"""The sign-up application: what its five reactions cost who signs up, and how soon after a start one can.

Two copies of ``examples/signup`` run side by side, one without the functions that react; the same number
of sign-ups a second goes to one and then to the other, round by round.
"""

from __future__ import annotations

from bench import wire
from bench.load import Figures, measure, send_all
from bench.plan import Plan
from bench.programs import Pelton, pelton
from bench.projects import copied_signup, signup_without_reactions
from bench.rows import Row, at_most, budgeted, median_ratio

_PER_S = 50
_CONNECTIONS = 8
_WARM_UP = 40
_SETTLE_S = 120.0


def rows(plan: Plan) -> list[Row]:
    """The ratio of the median times, and that of their tails."""
    place = plan.place("signup")
    alone = signup_without_reactions(place / "alone" / "project")
    whole = copied_signup(place / "whole" / "project")
    with pelton(place / "alone", project=alone) as without, pelton(place / "whole", project=whole) as reacting:
        send_all(without.application, sign_ups("warm", _WARM_UP), connections=_CONNECTIONS)
        send_all(reacting.application, sign_ups("warm", _WARM_UP), connections=_CONNECTIONS)
        rounds = []
        for number in range(plan.rounds):
            plan.say(f"round {number + 1}")
            rounds.append((_round(without, number, plan), _round(reacting, number, plan)))
    return _rows(rounds)


def sign_ups(name: str, count: int) -> list[bytes]:
    """So many sign-ups, each with an address of its own."""
    return [
        wire.post_json(
            "/users",
            {"email": f"{name}{number}@example.com", "fullname": f"Ada {name}", "date_of_birth": "1990-12-10"},
        )
        for number in range(count)
    ]


def _round(server: Pelton, number: int, plan: Plan) -> Figures:
    """Sign-ups at the given rate; what they caused is done before the next round begins."""
    count = int(_PER_S * plan.seconds) + 1
    requests = sign_ups(f"round{number}-", count)
    figures = measure(server.application, requests, connections=_CONNECTIONS, seconds=plan.seconds, rate=_PER_S)
    server.settle(_SETTLE_S)
    return figures


def _rows(rounds: list[tuple[Figures, Figures]]) -> list[Row]:
    what = "sign-up latency with five reactions ÷ with none, 50 a second"
    p50 = [[figures.p50_ms for figures in side] for side in zip(*rounds, strict=True)]
    p99 = [[figures.p99_ms for figures in side] for side in zip(*rounds, strict=True)]
    return [
        budgeted(f"{what}: p50", median_ratio(p50[1], p50[0]), at_most(1.1, "×"), _listed(p50)),
        Row(what=f"{what}: p99", measured=median_ratio(p99[1], p99[0]), unit="×", details=_listed(p99)),
    ]


def _listed(sides: list[list[float]]) -> str:
    """The rounds' figures, so that noise can be seen."""
    without, reacting = (", ".join(f"{value:.1f}" for value in side) for side in sides)
    return f"with: {reacting} ms; with none: {without} ms"
