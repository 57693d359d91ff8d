"""
The pages of the contracts, made from the comments in their sources as the compiler gives them.

A page shows what is committed in `contracts/build/`: functions, events and errors with what the
sources say of each. An error that is a code of the specification is a link to the code.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from payy_ref.primitives import strict_json

ORDER: Final = (
    "Rollup",
    "CallExecutor",
    "NoteTree",
    "IVerifier",
    "BlockProof",
    "TransactionProof",
    "VoidProof",
    "UtxoVerifier",
    "KeyedPlonkVerifier",
    "KeyedBlockVerifier",
    "Beacon",
)
"""What is deployed or called, in the order of reading."""

WIDEST: Final = 64
"""Longer lists of parameters have a line for each."""

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]
Protect = Callable[[str], str]


class ContractPages:
    """Writes the pages of contracts."""

    def __init__(self, table: Table, protect: Protect, codes: Collection[str]) -> None:
        self.table = table
        self.protect = protect
        self.codes = codes

    def all_of(self, root: Path) -> dict[str, str]:
        """Write a page a contract and the list of them; nothing where nothing is compiled."""
        folder = root / "contracts" / "build"
        files = [folder / f"{name}.json" for name in ORDER]
        artefacts = [_read(file) for file in files if file.is_file()]
        if not artefacts:
            return {}
        pages = {f"contracts/{each['contract']}.md": self.page(each) for each in artefacts}
        return {**pages, "contracts/index.md": self.index(artefacts)}

    def index(self, artefacts: Sequence[Mapping[str, Any]]) -> str:
        """List the contracts."""
        rows = (
            (
                f"[{each['contract']}]({each['contract']}.md)",
                self.text(each["userdoc"]["notice"].partition(". ")[0].rstrip(".") + "."),
                f"{len(each['runtimeCode']) // 2:,}",
            )
            for each in artefacts
        )
        return "\n".join(
            [
                "# Contracts",
                "",
                "The interfaces, from the comments in the sources. How they are checked:",
                "[](/contracts.md). What calls cost: [](/gas.md).",
                "",
                self.table(("contract", "what it is", "bytes of code"), rows),
                "",
                "```{toctree}",
                ":hidden:",
                "",
                *(each["contract"] for each in artefacts),
                "```",
            ]
        )

    def page(self, artefact: Mapping[str, Any]) -> str:
        """Show one contract."""
        user, developer = artefact["userdoc"], artefact["devdoc"]
        parts = [
            f"# {artefact['contract']}",
            self.text(user.get("notice", "")),
            self.text(developer.get("details", "")),
            f"Source: `{artefact['source']}`, solc {artefact['compiler'].partition('+')[0]}.",
        ]
        groups: dict[str, list[Mapping[str, Any]]] = {}
        for item in artefact["abi"]:
            groups.setdefault(item["type"], []).append(item)
        for item in groups.get("constructor", []):
            notes = {
                **user.get("methods", {}).get("constructor", {}),
                **developer.get("methods", {}).get("constructor", {}),
            }
            parts += ["## Constructor", *self._member(item, notes, "")]
        for title, kind, section in (
            ("Functions", "function", "methods"),
            ("Events", "event", "events"),
        ):
            if groups.get(kind):
                parts.append(f"## {title}")
            for item in groups.get(kind, []):
                signature = signature_of(item)
                # What a public variable is stands elsewhere.
                variable = developer.get("stateVariables", {}).get(item["name"], {})
                notes = {
                    **variable,
                    **user.get(section, {}).get(signature, {}),
                    **developer.get(section, {}).get(signature, {}),
                }
                parts += [f"### {self.protect(item['name'])}", *self._member(item, notes, kind)]
        if groups.get("error"):
            parts += ["## Errors", self._errors(groups["error"], user, developer)]
        if shapes := dict(structures_of(artefact["abi"])):
            parts.append("## Structures")
            parts += [
                f"`{name}`: " + ", ".join(f"`{declared(each)} {each['name']}`" for each in fields)
                for name, fields in sorted(shapes.items())
            ]
        return "\n\n".join(part for part in parts if part)

    def _member(
        self, item: Mapping[str, Any], notes: Mapping[str, Any], kind: str
    ) -> Iterator[str]:
        """Show a function, an event or the constructor."""
        inputs, outputs = item["inputs"], item.get("outputs", [])
        names = [f"{declared(each)} {each['name']}".strip() for each in inputs]
        shown = ", ".join(names)
        if len(shown) > WIDEST:
            shown = "\n    " + ",\n    ".join(names) + "\n"
        name = item.get("name", "constructor")
        what = "event " if kind == "event" else ""
        state = item.get("stateMutability", "nonpayable")
        after = "" if state == "nonpayable" else f" {state}"
        yield f"```text\n{what}{name}({shown}){after}\n```"
        yield self.text(notes.get("notice", ""))
        yield self.text(notes.get("details", ""))
        meanings, returned = notes.get("params", {}), notes.get("returns", {})
        rows = [
            (f"`{each['name']}`", f"`{declared(each)}`", self.text(meanings[each["name"]]))
            for each in inputs
            if each["name"] in meanings
        ]
        for place, each in enumerate(outputs):
            meaning = returned.get(each["name"] or f"_{place}", "")
            shown_name = f"returns `{each['name']}`" if each["name"] else "returns"
            rows.append((shown_name, f"`{declared(each)}`", self.text(meaning)))
        if rows:
            yield self.table(("", "type", "meaning"), rows)

    def _errors(
        self,
        errors: Sequence[Mapping[str, Any]],
        user: Mapping[str, Any],
        developer: Mapping[str, Any],
    ) -> str:
        rows = []
        for item in errors:
            signature = signature_of(item)
            notes = [
                each.get("notice", "") or each.get("details", "")
                for part in (user, developer)
                for each in part.get("errors", {}).get(signature, [])
            ]
            name = item["name"]
            link = f"{{error}}`{name}`" if name in self.codes else f"`{name}`"
            rows.append((link, self.text(next(filter(None, notes), ""))))
        return self.table(("error", "meaning"), rows)

    def text(self, words: str) -> str:
        """Protect a comment; what stands between backquotes stays code."""
        pieces = " ".join(words.split()).split("`")
        return "`".join(
            piece if place % 2 else _spaced(piece, self.protect)
            for place, piece in enumerate(pieces)
        )


def _read(file: Path) -> Any:
    return strict_json.loads(file.read_text("utf-8"))


def _spaced(piece: str, protect: Protect) -> str:
    before = " " if piece.startswith(" ") else ""
    after = " " if piece.endswith(" ") and piece.strip() else ""
    return before + protect(piece) + after


def declared(item: Mapping[str, Any]) -> str:
    """Give a type as the source names it."""
    name: str = item.get("internalType", item["type"])
    for kind in ("struct ", "contract ", "enum "):
        name = name.removeprefix(kind)
    return name


def signature_of(item: Mapping[str, Any]) -> str:
    """Give the name by which comments know a member."""
    return f"{item['name']}({','.join(map(_expanded, item['inputs']))})"


def _expanded(item: Mapping[str, Any]) -> str:
    if not item["type"].startswith("tuple"):
        return str(item["type"])
    inner = ",".join(map(_expanded, item["components"]))
    return f"({inner}){item['type'].removeprefix('tuple')}"


def structures_of(
    items: Iterable[Mapping[str, Any]],
) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    """Find the structures that an interface uses, with their fields."""
    for item in items:
        if "components" in item:
            yield declared(item).partition("[")[0], item["components"]
            yield from structures_of(item["components"])
        for part in ("inputs", "outputs"):
            yield from structures_of(item.get(part, []))


def check_table(root: Path, table: Table, protect: Protect) -> str:
    """Tabulate what was proved about the contracts; only that nothing was if there is no list."""
    file = root / "tests" / "symbolic" / "results.json"
    results = _read(file) if file.is_file() else {}
    rows = []
    for name, answer in results.items():
        contract, _, function = name.partition(".")
        source = root / "tests" / "symbolic" / "contracts" / f"{contract}.sol"
        refuted = sum(each["verdict"] == "refuted" for each in answer["mutants"])
        rows.append(
            (
                f"`{function}`<br>{protect(notice_of(source.read_text('utf-8'), function))}",
                answer["verdict"],
                f"{answer['paths']:,}",
                f"{answer['seconds']} s",
                f"{refuted} of {len(answer['mutants'])}",
            )
        )
    heads = ("check", "verdict", "paths", "time", "mutants refuted")
    return table(heads, rows) if rows else "Nothing is recorded."


def notice_of(source: str, function: str) -> str:
    """Give the comment before a function."""
    before = source.partition(f"    function {function}(")[0].splitlines()
    comment: list[str] = []
    while before and before[-1].startswith("    ///"):
        comment.insert(0, before.pop().removeprefix("    ///").strip())
    return " ".join(comment).removeprefix("@notice ").replace("`", "")
