"""pytest's fixtures: ``pelton``, the project in one thread, and ``local_pelton``, which makes such ones.

A failing test prints the seed it ran with; ``--pelton-seed`` runs it again so.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pelton.testing.local import LocalPelton, LocalPeltonFactory

_SEED: pytest.StashKey[int] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the fixtures."""
    group = parser.getgroup("pelton")
    group.addoption("--pelton-seed", default="0", help="Seed of local Peltons: a number, or random [default: 0].")
    parser.addini("pelton_project", "The project of the fixture pelton: a folder or file [default: the root folder].")


@pytest.fixture
def local_pelton(request: pytest.FixtureRequest) -> Iterator[LocalPeltonFactory]:
    """Makes running Peltons, which end with the test; arguments are those of ``LocalPelton``."""
    from pelton.testing.local import LocalPelton  # Heavy, and only for tests that ask for it.

    given = request.config.getoption("--pelton-seed")
    seed = random.SystemRandom().randrange(2**32) if given == "random" else int(given)
    request.node.stash[_SEED] = seed
    with ExitStack() as running:

        def make(project: Path | str | None = None, **options: Any) -> LocalPelton:
            folder = None if project is None else Path(project)
            return running.enter_context(LocalPelton(folder, **{"seed": seed, **options}))

        yield make


@pytest.fixture
def pelton(request: pytest.FixtureRequest, local_pelton: LocalPeltonFactory) -> LocalPelton:
    """The project that the setting ``pelton_project`` names, running."""
    named = request.config.getini("pelton_project")
    return local_pelton(request.config.rootpath / (named or "."))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Say with a failure which seed it had."""
    report: Any = yield
    if report.failed and _SEED in item.stash:
        report.sections.append(("pelton", f"run it again with --pelton-seed {item.stash[_SEED]}"))
    return report
