"""The contracts on an embedded chain: the verdicts and codes of the vectors."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import pytest

from payy_ref.assurance.evidence import evidence
from payy_ref.ethereum.artefact import Artefact, read_artefact
from payy_ref.ethereum.chain import Chain, Contract, RevertedError
from payy_ref.ethereum.choice import open_chain
from payy_ref.vectors.model import Case
from payy_ref.vectors.store import load_cases

ROOT: Final = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    """Start a chain."""
    with open_chain("embedded", checkout=ROOT) as opened:
        yield opened


@cache
def cases(operation: str) -> tuple[Case, ...]:
    """Load the vectors of an operation of the suite `plonk`, but those of another form."""
    found = (case for case in load_cases(ROOT / "conformance_vectors") if case.suite == "plonk")
    return tuple(
        case for case in found if case.operation == operation and case.error != "MALFORMED_INPUT"
    )


def artefact(name: str) -> Artefact:
    """Read a compiled contract."""
    return read_artefact(ROOT / "contracts" / "build" / f"{name}.json")


def data(text: Any) -> bytes:
    """Read bytes."""
    return bytes.fromhex(str(text)[2:])


def words(texts: Any) -> list[int]:
    """Read words."""
    return [int(str(text), 16) for text in texts]


def deployer(chain: Chain, name: str) -> Callable[..., Contract]:
    """Give a function that deploys each contract once."""
    compiled = artefact(name)
    return cache(lambda *keys: chain.deploy(compiled, *keys))


def code_of(act: Callable[[], object]) -> str | None:
    """Give the name of the error with which the chain refuses; None if it does not."""
    try:
        act()
    except RevertedError as error:
        return error.name
    return None


def given_of(case: Case) -> Mapping[str, Any]:
    """Give the fields of a case's input."""
    if not isinstance(case.input, dict):
        raise TypeError(f"{case.id} has no fields")
    return case.input


def disagreements(
    operation: str, judge: Callable[[Mapping[str, Any]], object]
) -> list[tuple[str, str | None, str | None]]:
    """List the vectors that are judged otherwise: id, expected code, code on chain."""
    found = [
        (case.id, case.error, code_of(partial(judge, given_of(case)))) for case in cases(operation)
    ]
    return [each for each in found if each[1] != each[2]]


def judge_proof(chain: Chain) -> Callable[[Mapping[str, Any]], object]:
    """Give what verifies the input of a vector of `plonk/verify`."""
    deploy = deployer(chain, "KeyedPlonkVerifier")

    def judge(given: Mapping[str, Any]) -> object:
        contract = deploy(data(given["key"]))
        inputs = words(given["public_inputs"])
        return chain.call(contract, "verify", data(given["proof"]), inputs)

    return judge


def judge_block(chain: Chain) -> Callable[[Mapping[str, Any]], object]:
    """Give what verifies the input of a vector of `plonk/verify_block`."""
    deploy = deployer(chain, "KeyedBlockVerifier")

    def judge(given: Mapping[str, Any]) -> object:
        contract = deploy(data(given["client_key"]), data(given["block_key"]))
        return chain.call(
            contract,
            "verify",
            words(given["claim"]),
            words(given["words"]),
            [data(proof) for proof in given["client_proofs"]],
            data(given["block_proof"]),
        )

    return judge


@evidence("PAYY-CIRCUITS-T16")
@pytest.mark.parametrize(
    ("operation", "judge_on", "least"),
    [("verify", judge_proof, 100), ("verify_block", judge_block, 20)],
)
def test_vectors_on_chain(
    chain: Chain,
    operation: str,
    judge_on: Callable[[Chain], Callable[[Mapping[str, Any]], object]],
    least: int,
) -> None:
    """Each vector of a proof and of a block has the same verdict and code, bad keys included."""
    assert disagreements(operation, judge_on(chain)) == []
    assert len(cases(operation)) > least
