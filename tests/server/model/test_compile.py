from __future__ import annotations

from importlib.resources import files

import botocore
import orjson
import pytest

from pelton.server.model.compile import SERVICES, compiled


@pytest.mark.parametrize("service", SERVICES)
def test_the_checked_in_model_is_what_the_installed_botocore_says(service: str) -> None:
    kept = orjson.loads(files("pelton.server.model").joinpath(SERVICES[service]).read_bytes())

    fresh = orjson.loads(orjson.dumps(compiled(service)))

    difference = f"compiled from botocore {kept.pop('botocore')}, installed is {botocore.__version__}"
    fresh.pop("botocore")
    assert kept == fresh, f"{difference}: run python -m pelton.server.model.compile and read the changes"
