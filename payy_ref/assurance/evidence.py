"""
The mark that makes a test count as evidence.

::

    @evidence("PAYY-MERKLE-T06")
    @given(...)
    def test_both_trees_agree(...): ...

    @evidence("PAYY-MERKLE-T02", exhaustive="all orders of 4 elements, depth 3")
    def test_every_order(): ...

    TestTree = evidence("PAYY-MERKLE-T11")(TreeMachine.TestCase)
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import pytest

MARKER: Final = "evidence"
"""Name of the pytest marker."""

Test = TypeVar("Test", bound=Callable[..., Any])
"""A test function, or the test class of a state machine."""


def evidence(*properties: str, exhaustive: str = "", part: str = "") -> Callable[[Test], Test]:
    """
    Say which properties a test supports.

    Args:
        properties: Ids, as `PAYY-MERKLE-T06`.
        exhaustive: The bound, if the test runs every case up to one; it makes the level P1.
        part: Which part of the properties the test covers, if not the whole. A part raises no
            level.
    """
    mark = pytest.mark.evidence(*properties, exhaustive=exhaustive, part=part)

    def apply(test: Test) -> Test:
        marked: Test = mark(test)
        return marked

    return apply
