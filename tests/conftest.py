"""Options of the tests that run contracts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from payy_ref.ethereum.chain import Chain
from payy_ref.ethereum.choice import CHAINS, EMBEDDED, UnavailableError, open_chain

ROOT = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the chain be chosen for the tests that take any."""
    parser.addoption("--l1", choices=CHAINS, default=EMBEDDED, help="the chain to run contracts on")


@pytest.fixture(scope="module")
def l1(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """Start the chosen chain."""
    try:
        chain = open_chain(request.config.getoption("--l1"), checkout=ROOT)
    except UnavailableError as reason:
        pytest.skip(str(reason))
    with chain:
        yield chain
