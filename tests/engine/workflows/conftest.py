"""One empty store for the tests of a file; each test files under ids of its own."""

import pytest
from desks import a_desk


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with a_desk(tmp_path_factory.mktemp("office")) as desk:
        yield desk
