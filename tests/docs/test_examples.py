"""What the documents show runs as it is written."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from pelton.testing import LocalPelton
from tests.docs.reading import ROOT, blocks
from tests.end_to_end.running import SIGNUP, Up, wait_for
from tests.end_to_end.signup_app import ADA


def test_the_project_of_the_readme_runs_as_it_is_written(tmp_path: Path) -> None:
    (described,), (handlers,) = blocks("README.md", "yaml"), blocks("README.md", "python")
    (tmp_path / "serverless.yml").write_text(described)
    (tmp_path / "app.py").write_text(handlers)

    with LocalPelton(tmp_path) as pelton:
        answer = pelton.request("POST", "/orders", json={"total": 12})
        pelton.settle()

        (order,) = pelton.resource("dynamodb").Table("orders").scan()["Items"]
        assert order == {"id": answer.json()["id"], "total": 12}


def test_the_tests_of_the_how_to_pass_as_they_are_written(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "orders-sam", tmp_path / "shop")
    tests = blocks("docs/how-to/test-a-project.md", "python")
    (tmp_path / "test_shop.py").write_text("\n\n".join(tests))
    (settings,) = blocks("docs/how-to/test-a-project.md", "ini")
    (tmp_path / "pytest.ini").write_text(settings)

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:randomly", "-q", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{sum(test.count('def test_') for test in tests)} passed" in ended.stdout


def test_the_protected_routes_of_the_how_to_are_protected(tmp_path: Path) -> None:
    (described,), (handlers,) = (blocks("docs/how-to/protect-a-route.md", kind) for kind in ("yaml", "python"))
    (tmp_path / "serverless.yml").write_text(described)
    (tmp_path / "app.py").write_text(handlers)

    with LocalPelton(tmp_path) as pelton:
        ada, key = {"authorization": "Bearer ada"}, {"x-api-key": "8dj2k4-partner-key"}
        assert pelton.request("GET", "/orders/7", headers=ada).body == b"for ada"
        assert pelton.request("GET", "/orders/7").status == 401
        assert pelton.request("GET", "/partner/orders", headers=key).body == b"for a partner"
        assert pelton.request("GET", "/partner/orders").status == 403


def test_the_tutorial_works_step_by_step(tmp_path: Path) -> None:
    project = tmp_path / "signup"
    shutil.copytree(SIGNUP, project, ignore=shutil.ignore_patterns(".pelton", "node_modules", "__pycache__"))
    (handler,) = blocks("docs/tutorials/first-reaction.md", "python")
    (declared,) = blocks("docs/tutorials/first-reaction.md", "yaml")
    with Up(project, tmp_path / "data") as up:
        assert up.request("POST", "/users", ADA)[0] == 200
        (project / "signup" / "greet.py").write_text(handler)
        described = project / "serverless.yml"
        described.write_text(described.read_text().replace("\nfunctions:\n", f"\nfunctions:\n{declared}", 1))
        wait_for(lambda: greeted(up) == 1, "the greeting of the one who was there before")

        (project / "signup" / "greet.py").write_text(
            'def handler(event, context):\n    raise ValueError("no greeting today")\n'
        )
        wait_for(lambda: "no greeting today" in tried(up), "the broken code")
        assert up.request("POST", "/users", ADA | {"email": "grace@example.com"})[0] == 200
        wait_for(lambda: "no greeting today" in up.command("logs", "greet").stdout, "the cause in the log")

        (project / "signup" / "greet.py").write_text(handler)
        wait_for(lambda: greeted(up) == 2, "the greeting that was missing")


def greeted(up: Up) -> int:
    """How many greetings the log of the function holds."""
    return up.command("logs", "greet").stdout.count("hello, Ada Lovelace")


def tried(up: Up) -> str:
    """What an invocation of the function says: its newest saved code runs."""
    ended = up.command("invoke", "greet")
    return str(ended.stdout + ended.stderr)
