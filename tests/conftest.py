"""What a machine may lack: a browser or Java. Without it those tests are left out with a line that says how to get it.

`DIVERSION_REQUIRE=browser,spark` makes the lack a failure, for machines on which nothing may be left out.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator

import pytest

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


def chromium() -> str | None:
    """Where a headless Chromium is; None where there is none."""
    return shutil.which("chromium") or next((path for path in CHROMIUM if shutil.which(path)), None)


def lack(mark: str) -> str | None:
    """What this machine lacks for tests with a mark, and how to get it; None where nothing is lacking."""
    if mark == "browser":
        if chromium() is None:
            return "no Chromium: `apt-get install chromium`"
        if importlib.util.find_spec("playwright") is None:
            return "no playwright: `pip install -r requirements-test.txt`"
    if mark == "spark":
        if shutil.which("java") is None:
            return "no Java: `apt-get install openjdk-17-jre-headless`"
        if importlib.util.find_spec("pyspark") is None:
            return "no pyspark: `pip install -r requirements-test.txt`"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what cannot run here, unless it is required."""
    required = {name.strip() for name in os.environ.get("DIVERSION_REQUIRE", "").split(",")}
    for mark in ("browser", "spark"):
        if mark not in required and (lacking := lack(mark)):
            for item in items:
                if item.get_closest_marker(mark):
                    item.add_marker(pytest.mark.skip(reason=lacking))


@pytest.fixture(autouse=True)
def _has_what_it_requires(request: pytest.FixtureRequest) -> None:
    """Fail a required test that this machine cannot run; one that may be left out never comes here."""
    for mark in ("browser", "spark"):
        if request.node.get_closest_marker(mark) and (lacking := lack(mark)):
            pytest.fail(f"DIVERSION_REQUIRE names {mark}, but there is {lacking}", pytrace=False)


@pytest.fixture(scope="session")
def spark() -> Iterator[object]:
    """One Spark for all tests of a process: starting it takes longer than most of them."""
    from engine.compute.spark import local_session

    with local_session() as session:
        yield session
