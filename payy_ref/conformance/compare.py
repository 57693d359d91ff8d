"""Whether an answer is the expected one, and where it parts from it."""

from collections.abc import Iterator

from payy_ref.conformance.model import Outcome
from payy_ref.conformance.protocol import Answer, Level
from payy_ref.primitives import strict_json
from payy_ref.primitives.strict_json import Json
from payy_ref.vectors.model import Case


def compare(case: Case, answer: Answer, level: Level) -> tuple[Outcome, str]:
    """Judge an answer: the outcome, and what is wrong with it."""
    match answer.result:
        case "skipped":
            return Outcome.SKIPPED, answer.message
        case "errored":
            return Outcome.ERRORED, answer.message
        case result if result != case.expected["result"]:
            expected = "accepted" if case.error is None else f"rejected with {case.error}"
            return Outcome.FAILED, f"wrong verdict: expected {expected}, got {told(answer)}"
        case "accepted":
            for difference in differences(case.expected["output"], answer.output):
                return Outcome.FAILED, f"wrong output: {difference}"
        case _:
            if level is Level.REASON and answer.error != case.error:
                return Outcome.FAILED, f"wrong code: expected {case.error}, got {answer.error}"
    return Outcome.PASSED, ""


def told(answer: Answer) -> str:
    """Tell an answer in a sentence."""
    return answer.result if answer.error is None else f"{answer.result} with {answer.error}"


def differences(expected: Json, got: Json, place: str = "output") -> Iterator[str]:
    """List the places where two values part; `true` and 1 are two values."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in sorted(expected.keys() | got.keys()):
            if name not in got:
                yield f"{place}.{name} is missing"
            elif name not in expected:
                yield f"{place}.{name} is not expected"
            else:
                yield from differences(expected[name], got[name], f"{place}.{name}")
    elif isinstance(expected, list) and isinstance(got, list):
        for index, (one, other) in enumerate(zip(expected, got, strict=False)):
            yield from differences(one, other, f"{place}[{index}]")
        if len(expected) != len(got):
            yield f"{place} has {len(got)} items, expected {len(expected)}"
    elif type(expected) is not type(got) or expected != got:
        yield f"{place}: expected {_short(expected)}, got {_short(got)}"


def _short(value: Json) -> str:
    text = strict_json.dumps(value)
    return text if len(text) <= 200 else f"{text[:197]}..."
