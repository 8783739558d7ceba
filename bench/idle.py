"""What a Pelton costs that has nothing to do: the sign-up application, and two hundred triggers.

CPU is that of the whole tree of processes: the server, its workers and its companions.
"""

from __future__ import annotations

import time

from bench.plan import Plan
from bench.processes import cpu_s, resident_mb, tree_cpu_s, tree_resident_mb
from bench.programs import Pelton, pelton
from bench.projects import StreamFunction, copied_signup, write_project
from bench.rows import Row, at_most, budgeted

_WATCHED_S = 20.0
#: Workers are warmed and modules imported before anything is idle.
_CALM_S = 8.0
_TABLES = 10
_TRIGGERS = 200
_HANDLER = "def handler(event, context):\n    pass\n"


def rows(plan: Plan) -> list[Row]:
    """Memory and CPU of the application, CPU of many triggers."""
    return [*_application(plan), *_many_triggers(plan)]


def _application(plan: Plan) -> list[Row]:
    place = plan.place("idle")
    with pelton(place, project=copied_signup(place / "project")) as server:
        share, server_share = _cpu_share(server, plan)
        server_mb, tree_mb = resident_mb(server.pid), tree_resident_mb(server.pid)
    return [
        budgeted(
            "idle examples/signup: memory of the server process",
            server_mb,
            at_most(70, "MB"),
            f"with workers and companions {tree_mb:.0f} MB, shared pages counted for each",
        ),
        budgeted(
            "idle examples/signup: CPU of all its processes",
            share,
            at_most(0.01, "% of a core"),
            f"server alone {server_share:.2%}, over {_WATCHED_S:.0f} s",
        ),
    ]


def _many_triggers(plan: Plan) -> list[Row]:
    place = plan.place("triggers")
    tables = [f"table{number}" for number in range(_TABLES)]
    functions = [
        StreamFunction(name=f"function{number}", table=tables[number % _TABLES]) for number in range(_TRIGGERS)
    ]
    with pelton(place, project=write_project(place / "project", tables, functions, _HANDLER)) as server:
        share, server_share = _cpu_share(server, plan)
        server_mb = resident_mb(server.pid)
    return [
        budgeted(
            f"{_TRIGGERS} idle triggers: CPU of all processes",
            share,
            at_most(0.02, "% of a core"),
            f"server alone {server_share:.2%} and {server_mb:.0f} MB",
        )
    ]


def _cpu_share(server: Pelton, plan: Plan) -> tuple[float, float]:
    """Shares of a core that all processes, and the server alone, take while nothing happens."""
    plan.say("waiting for calm")
    time.sleep(_CALM_S)
    plan.say(f"watching for {_WATCHED_S:.0f} s")
    began, before, own_before = time.perf_counter(), tree_cpu_s(server.pid), cpu_s(server.pid)
    time.sleep(_WATCHED_S)
    seconds = time.perf_counter() - began
    return (tree_cpu_s(server.pid) - before) / seconds, (cpu_s(server.pid) - own_before) / seconds
