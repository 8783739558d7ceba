"""``make bench-peers``: Pelton beside what its users would take instead, on this machine, in one run.

    python -m bench.peers.run [--only NAME ...] [--seconds 2] [--rounds 3] [--json] [--write PAGE]

Every peer is installed into ``.bench/peers``, started with its data on disk where it can, and driven by the same load
generator with the same requests, in turn, round by round. Pelton syncs every write before its answer and keeps a
stream of each table. It ends with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from bench import wire
from bench.load import RequestsFailed, measure
from bench.peers.catalog import PEERS, NotInstalled, Peer, installed
from bench.peers.loads import CONNECTIONS, LOADS, Load, filled, rate
from bench.peers.properties import PROPERTIES, survival
from bench.peers.results import Found, notes, plot, property_table, rate_table, target_table
from bench.peers.running import DidNotAnswer, RunningPeer, running
from bench.plan import ProgressLine, scratch_folder
from bench.programs import floor
from bench.report import machine, write_section

#: What stands between these two lines of a page is written by this program.
BEGIN = "<!-- peers: written by `make bench-peers`, not by hand -->"
END = "<!-- end of peers -->"
#: Where the page's plots lie, beside it.
PLOTS = Path("peers")
_START, _IDLE, _LOADED = "start to first answer", "memory, idle", "memory, loaded"
_KILLED, _POWER = "after kill -9", "after power loss, by its own account"
_PROPERTIES = (_START, _IDLE, _LOADED, *(each.name for each in PROPERTIES), _KILLED, _POWER)
#: How a peer fails: that is a row, and the others are measured all the same.
_FAULTS = (DidNotAnswer, RequestsFailed, OSError, KeyError, ClientError, BotoCoreError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: how long, where, and what it has found so far."""

    seconds: float
    rounds: int
    folder: Path
    progress: ProgressLine
    found: Found

    def all(self, peers: Sequence[Peer]) -> None:
        """Install, drive, examine and kill."""
        present = [peer for peer in peers if self._installed(peer)]
        with ExitStack() as stack:
            started = [each for peer in present if (each := self._started(peer, stack)) is not None]
            self.found.peers = [each.peer.name for each in started]
            for load in LOADS:
                for connections in load.connections:
                    self._rounds(started, load, connections)
            self._examine(started)
        for peer in present:
            self._kill(peer)

    def _installed(self, peer: Peer) -> bool:
        self.progress.begin("installing")
        self.progress.say(peer.name)
        try:
            installed(peer)
        except NotInstalled as why:
            self.found.absent[peer.name] = str(why)
            return False
        return True

    def _started(self, peer: Peer, stack: ExitStack) -> RunningPeer | None:
        self.progress.begin("starting and filling")
        self.progress.say(peer.name)
        try:
            started = stack.enter_context(running(peer, self._place(peer, "driven")))
            self._note(_START, peer, f"{started.start_s:.2f} s")
            self._note(_IDLE, peer, f"{started.memory_mb():,.0f} MB")
            self._note(_POWER, peer, peer.power_loss)
            filled(started)
        except _FAULTS as fault:
            self.found.absent[peer.name] = f"it does not start or take its items: {fault}"
            return None
        return started

    def _rounds(self, peers: Sequence[RunningPeer], load: Load, connections: int) -> None:
        """Every peer in turn, round by round; one that fails is left out of this load's later rounds."""
        self.progress.begin(f"{load.name}, {connections} connections")
        for number in range(self.rounds):
            for peer in peers:
                name = peer.peer.name
                if (name, load.name) in self.found.faults:
                    continue
                self.progress.say(f"round {number + 1}, {name}")
                try:
                    figures = rate(peer, load, connections=connections, seed=10 + number, seconds=self.seconds)
                except _FAULTS as fault:
                    self.found.faults[name, load.name] = str(fault)[:200]
                    continue
                self.found.rates.setdefault((load.name, connections, name), []).append(figures.per_s)

    def _examine(self, peers: Sequence[RunningPeer]) -> None:
        for peer in peers:
            self._note(_LOADED, peer.peer, f"{peer.memory_mb():,.0f} MB")
            for each in PROPERTIES:
                self.progress.begin(each.name)
                self.progress.say(peer.peer.name)
                folder = self._place(peer.peer, each.name)
                folder.mkdir(parents=True)
                try:
                    self._note(each.name, peer.peer, each.measure(peer, folder))
                except _FAULTS as fault:
                    self._note(each.name, peer.peer, "not measured")
                    self.found.faults[peer.peer.name, each.name] = str(fault)[:200]

    def _kill(self, peer: Peer) -> None:
        self.progress.begin(_KILLED)
        self.progress.say(peer.name)
        try:
            self._note(_KILLED, peer, survival(peer, self._place(peer, "killed")))
        except _FAULTS as fault:
            self._note(_KILLED, peer, f"not measured: {fault}"[:100])

    def _note(self, name: str, peer: Peer, text: str) -> None:
        self.found.properties[name, peer.name] = text

    def _place(self, peer: Peer, purpose: str) -> Path:
        return self.folder / "".join(letter for letter in f"{peer.name}-{purpose}" if letter.isalnum() or letter == "-")


def generator_rate(folder: Path) -> float:
    """What the load generator alone can do, against a program that answers nothing."""
    folder.mkdir()
    with floor(folder) as port:
        return measure(port, [wire.request("Nothing", {})], connections=64, seconds=2.0).per_s


def page(found: Found, alone: float) -> str:
    """The tables as a page shows them."""
    names = [load.name for load in LOADS]
    day = datetime.now(UTC).date().isoformat()
    head = f"Measured on {day}: {machine()}. The load generator alone reaches {alone:,.0f} requests/s."
    lines = [head, "", *target_table(found), "", f"![PutItem at 64 connections]({PLOTS}/put.svg)", ""]
    for connections in reversed(CONNECTIONS):
        lines += [*rate_table(found, names, connections), ""]
    return "\n".join([*lines, *property_table(found, _PROPERTIES), "", *notes(found)]).strip()


def arguments() -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(description="Measure Pelton beside its peers.")
    names = [peer.name for peer in PEERS]
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help="; ".join(names))
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round (2)")
    parser.add_argument("--rounds", type=int, default=3, help="of each operation (3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put tables and plots into a page")
    return parser.parse_args()


def main() -> int:
    """Measure, print, write; the exit code."""
    asked = arguments()
    progress = ProgressLine()
    with scratch_folder() as folder:
        run = Run(seconds=asked.seconds, rounds=asked.rounds, folder=folder, progress=progress, found=Found())
        alone = generator_rate(folder / "floor")
        run.all([peer for peer in PEERS if not asked.only or peer.name in (*asked.only, "Pelton")])
    progress.end()
    text = page(run.found, alone)
    print(_json(run.found, alone) if asked.json else text)
    if asked.write:
        write_section(asked.write, text, BEGIN, END)
        plots = asked.write.parent / PLOTS
        plots.mkdir(exist_ok=True)
        (plots / "put.svg").write_text(plot(run.found, "PutItem", 64), encoding="utf-8")
    return int("MISSED" in text)


def _json(found: Found, alone: float) -> str:
    rates = [
        {"operation": load, "connections": connections, "peer": peer, "per_s": rounds}
        for (load, connections, peer), rounds in found.rates.items()
    ]
    properties = [{"what": name, "peer": peer, "found": text} for (name, peer), text in found.properties.items()]
    head = {"machine": machine(), "generator_per_s": alone, "absent": found.absent, "notes": notes(found)}
    return json.dumps({**head, "rates": rates, "properties": properties}, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
