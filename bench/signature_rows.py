"""What verifying signatures costs: the same signed requests to a server with credentials and to one without."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from bench import wire
from bench.load import measure, send_all
from bench.plan import Plan
from bench.programs import pelton
from bench.rows import Row, median_ratio
from bench.signing import signed, write_credentials

_CONNECTIONS = 64
#: Signing takes longer than answering: fewer items, asked for and put again and again.
_NUMBERS = range(2_000)


def rows(plan: Plan) -> list[Row]:
    """PutItem and GetItem."""
    checked_place, open_place = plan.place("signed"), plan.place("unsigned")
    file = write_credentials(checked_place / "credentials.json")
    with pelton(checked_place, "--credentials", str(file)) as checked, pelton(open_place) as trusting:
        ports = (checked.port, trusting.port)
        for port in ports:
            send_all(port, signed([wire.create_table()], port))
            send_all(port, signed(wire.batches(1), port), connections=8)
        return [_row("PutItem", wire.puts, ports, plan), _row("GetItem", wire.gets, ports, plan)]


def _row(operation: str, requests: Callable[..., list[bytes]], ports: tuple[int, int], plan: Plan) -> Row:
    rates: list[list[float]] = [[], []]
    for seed in range(plan.rounds):
        plan.say(f"{operation}, round {seed + 1}")
        for side, port in enumerate(ports):
            prepared = signed(requests(seed, numbers=_NUMBERS), port)
            figures = measure(port, prepared, connections=_CONNECTIONS, seconds=plan.seconds)
            rates[side].append(figures.per_s)
    return Row(
        what=f"{operation} with signatures verified ÷ without, {_CONNECTIONS} connections",
        measured=median_ratio(*rates),
        unit="% of the rate",
        details=f"{median(rates[0]):,.0f}/s, without {median(rates[1]):,.0f}/s",
    )
