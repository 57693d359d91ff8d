"""
Docstrings of the package as reStructuredText: ids and codes become links, contracts blocks.

Runs before napoleon, which turns the sections into fields.
"""

import re
import sys
from typing import Any, Final, TypeVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode
from sphinx.util.typing import ExtensionMetadata

_SECTION: Final = re.compile(r"(?P<title>[A-Z]\w+):\Z")
_CONTRACT: Final = re.compile(r"(?:pre|post): ")
_REQUIREMENT: Final = re.compile(r"\bPAYY-[A-Z]+-[0-9]{3}\b")
_PROPERTY: Final = re.compile(r"\bPAYY-[A-Z]+-T[0-9]{2}\b")
_CODE: Final = re.compile(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`")

_BEFORE_NAPOLEON: Final = 400


def process_docstring(
    _app: Sphinx, what: str, _name: str, _subject: Any, _options: Any, lines: list[str]
) -> None:
    """Rewrite one docstring in place."""
    rewritten: list[str] = []
    section = ""
    in_contract = False
    for line in lines:
        if line and not line.startswith(" "):
            heading = _SECTION.match(line)
            section = heading["title"] if heading else ""
        if _CONTRACT.match(line):
            if not in_contract:
                rewritten += [".. rubric:: Contract", "", "::", ""]
                in_contract = True
            rewritten.append(f"    {line}")
            continue
        in_contract = False
        rewritten.append(_linked(line, section))
    # Of the first line of a field's docstring, napoleon reads what is before a colon as the type; a
    # comment has none.
    lines[:] = ["..", "", *rewritten] if what in ("attribute", "data", "property") else rewritten


def skip_member(
    _app: Sphinx, _what: str, _name: str, subject: Any, _skip: bool, _options: Any
) -> bool | None:
    """Leave out terms of solvers: they refuse to be compared, which is how values are shown."""
    return True if type(subject).__module__.startswith("z3.") else None


def _linked(line: str, section: str) -> str:
    if section in ("Requirements", "Properties"):
        line = _REQUIREMENT.sub(r":req:`\g<0>`", line)
        return _PROPERTY.sub(r":prop:`\g<0>`", line)
    if section == "Raises":
        return _CODE.sub(r":error:`\1`", line)
    return line


def resolve(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.TextElement
) -> nodes.Element | None:
    """
    Resolve a Python name without its module, if exactly one object of the package has it.

    Type variables have no entry of their own and stay as they are.
    """
    if node.get("refdomain") != "py":
        return None
    module, _, short_name = str(node["reftarget"]).rpartition(".")
    if isinstance(getattr(sys.modules.get(module), short_name, None), TypeVar):
        return content
    objects = env.domains.python_domain.objects
    suffix = f".{short_name}"
    found = [
        (name, entry)
        for name, entry in objects.items()
        if name.endswith(suffix) and not entry.aliased
    ]
    if len(found) != 1:
        return None
    name, entry = found[0]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, name)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the steps."""
    app.connect("autodoc-process-docstring", process_docstring, priority=_BEFORE_NAPOLEON)
    app.connect("autodoc-skip-member", skip_member)
    app.connect("missing-reference", resolve)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
