"""The Python side of the kernels: shapes that would read past an array, threads, forks."""

import multiprocessing
import os

import pytest

from payy_ref.crypto import compiled

ROWS = [(number, number + 1) for number in range(600)]


def test_rows_of_different_lengths_are_refused() -> None:
    """Otherwise they would be cut up anew without a word."""
    with pytest.raises(ValueError, match="same number of elements"):
        compiled.sponges([(1, 2), (3,), (4, 5, 6)])


def test_a_climb_above_its_siblings_is_refused() -> None:
    """Kernels check no bounds."""
    with pytest.raises(ValueError, match="ends where the siblings do"):
        compiled.climb([1], [1], [0], [2], [0])


def test_one_core_computes_the_same() -> None:
    """The number of threads changes nothing but the time."""
    with compiled.one_core():
        alone = compiled.sponges(ROWS)
    assert compiled.sponges(ROWS) == alone


def test_nothing_to_do() -> None:
    """Empty batches are empty."""
    assert compiled.sponges([]) == []
    assert compiled.climb([], [], [], [], [0]) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own() -> None:
    """The child of a process that hashed in threads hashes too, and does not wait for ever."""
    expected = compiled.sponges(ROWS)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(compiled.sponges, (ROWS,)).get(timeout=60) == expected
