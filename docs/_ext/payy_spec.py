"""
Requirements, properties, error codes and vectors as things that pages define and refer to.

Directives `requirement` and `property` show a block of a chapter with all that belongs to it; the
roles `req`, `prop`, `error`, `vector` refer. What is shown comes from `payy_ref.trace`; there is no
second parser. At the start of a build the pages that can be derived are written to
`docs/generated/`, the chapters' own texts as stubs that include them.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Final

from docutils import nodes
from docutils.nodes import Node
from docutils.parsers.rst import directives
from payy_pages import all_pages, evidence_line, level_meanings, link_to_vectors
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.directives import ObjectDescription
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import make_id
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from payy_ref.trace.matrix import Inputs, LedgerEntry, Matrix, Row, collect, join
from payy_ref.trace.requirements import Property, TraceError
from payy_ref.vectors.model import VectorError

logger = logging.getLogger(__name__)

GENERATED: Final = "generated"
"""Folder of the derived pages, below the pages written by hand."""

ROLES: Final = {"requirement": "req", "property": "prop", "error-code": "error", "vector": "vector"}
"""The role that refers to each type of object."""


class Project:
    """What the running build knows about the project that it describes."""

    by_sources: ClassVar[dict[Path, "Project"]] = {}
    """The project by the folder of the pages."""

    def __init__(self, inputs: Inputs, matrix: Matrix) -> None:
        self.inputs = inputs
        self.matrix = matrix
        self.rows = {row.requirement.id: row for row in matrix.rows}
        self.properties = {each.id: each for each in inputs.properties}


class Block(ObjectDescription[str]):
    """What requirements and properties have in common: an anchor, a title line, the text."""

    def handle_signature(self, sig: str, signode: addnodes.desc_signature) -> str:
        """Show id and title."""
        signode += addnodes.desc_name(sig, sig)
        signode += addnodes.desc_sig_space()
        signode += addnodes.desc_annotation("", self.options.get("title", ""))
        return sig

    def add_target_and_index(self, name: str, _sig: str, signode: addnodes.desc_signature) -> None:
        """Make the block an anchor; a second one of the same id is a warning."""
        signode["ids"].append(name)
        self.state.document.note_explicit_target(signode)
        self.env.domains.standard_domain.note_object(self.objtype, name, name, location=signode)

    def _object_hierarchy_parts(self, _sig_node: addnodes.desc_signature) -> tuple[str, ...]:
        return (self.arguments[0],)

    def _toc_entry_name(self, _sig_node: addnodes.desc_signature) -> str:
        return f"{self.arguments[0].rpartition('-')[2]} {self.options.get('title', '')}"

    @property
    def project(self) -> Project:
        """The project that is described."""
        return Project.by_sources[Path(self.env.srcdir)]

    def reference(self, role: str, target: str) -> Node:
        """Refer to a requirement, property, error code or vector."""
        return self._pending("std", role, target, target, nodes.literal)

    def code_reference(self, name: str) -> Node:
        """Refer to a Python object; private ones have no page and are only named."""
        shown = name.removeprefix("payy_ref.")
        if any(part.startswith("_") for part in name.split(".")):
            return nodes.literal(shown, shown)
        return self._pending("py", "obj", name, shown, nodes.literal)

    def label_reference(self, label: str, text: str) -> Node:
        """Refer to a labelled section."""
        return self._pending("std", "ref", label, text, nodes.inline)

    def _pending(
        self, domain: str, role: str, target: str, text: str, inner: type[nodes.TextElement]
    ) -> Node:
        return addnodes.pending_xref(
            "",
            inner(text, text),
            refdomain=domain,
            reftype=role,
            reftarget=target,
            refdoc=self.env.current_document.docname,
            refexplicit=True,
            refwarn=True,
        )


class RequirementBlock(Block):
    """`{requirement} PAYY-…`."""

    option_spec: ClassVar[OptionSpec] = {
        "title": directives.unchanged_required,
        "codes": directives.unchanged,
        "kind": directives.unchanged,
    }

    def transform_content(self, content_node: addnodes.desc_content) -> None:
        """Add what belongs to the requirement."""
        row = self.project.rows.get(self.arguments[0])
        if row is None:
            logger.warning(
                "%s is not in a chapter", self.arguments[0], location=self.get_location()
            )
            return
        level = {each.id: self.project.inputs.evidence.get(each.id) for each in row.properties}
        content_node += facts(
            ("Code", commas(self.code_reference(each.name) for each in row.code)),
            (
                "Error codes",
                commas(self.reference("error", code) for code in row.requirement.codes),
            ),
            ("Vectors", self._vectors(row)),
            (
                "Properties",
                commas(
                    (self.reference("prop", name), *_shown_level(evidence))
                    for name, evidence in level.items()
                ),
            ),
        )

    def _vectors(self, row: Row) -> list[Node]:
        if not row.accepted and not row.rejected:
            return [nodes.Text("none")]
        operations = dict.fromkeys(
            (case.suite, case.operation) for case in row.accepted + row.rejected
        )
        return [
            nodes.Text(f"{len(row.accepted)} accepted, {len(row.rejected)} rejected, in "),
            *commas(
                self.label_reference(link_to_vectors(*operation), "/".join(operation))
                for operation in operations
            ),
        ]


class PropertyBlock(Block):
    """`{property} PAYY-…-T…`."""

    option_spec: ClassVar[OptionSpec] = {
        "title": directives.unchanged_required,
        "requirements": directives.unchanged_required,
    }

    def transform_content(self, content_node: addnodes.desc_content) -> None:
        """Add what belongs to the property."""
        found = self.project.properties.get(self.arguments[0])
        if found is None:
            logger.warning(
                "%s is not in a chapter", self.arguments[0], location=self.get_location()
            )
            return
        evidence = self.project.inputs.evidence.get(found.id)
        content_node += facts(
            ("Requirements", commas(self.reference("req", name) for name in found.requirements)),
            ("Level", _level_in_words(evidence)),
            ("Evidence", [] if evidence is None else bullets(map(evidence_line, evidence.items))),
            ("Assumptions", [] if evidence is None else bullets(evidence.assumptions)),
            ("Named in", self._tests(found)),
        )

    def _tests(self, found: Property) -> list[Node]:
        mentions = self.project.inputs.tests.mentions
        return commas(
            nodes.literal(each.name, each.name) for each in mentions if found.id in each.ids
        )


def _shown_level(evidence: LedgerEntry | None) -> tuple[Node, ...]:
    return () if evidence is None else (nodes.Text(f" ({evidence.level})"),)


def _level_in_words(evidence: LedgerEntry | None) -> list[Node]:
    if evidence is None:
        return [nodes.Text("no evidence is recorded")]
    return [nodes.Text(f"{evidence.level}: {level_meanings()[evidence.level]}")]


def bullets(texts: Iterable[str]) -> list[Node]:
    """Make a list of plain texts; nothing if there are none."""
    entries = [nodes.list_item("", nodes.paragraph(text, text)) for text in texts]
    return [nodes.bullet_list("", *entries)] if entries else []


def commas(items: Iterable[Node | tuple[Node, ...]]) -> list[Node]:
    """Put commas between things."""
    listed: list[Node] = []
    for item in items:
        if listed:
            listed.append(nodes.Text(", "))
        listed += item if isinstance(item, tuple) else (item,)
    return listed


def facts(*entries: tuple[str, list[Node]]) -> nodes.container:
    """Put each list on a line of its own after its name; empty ones are left out."""
    layout = nodes.container(classes=["payy-facts"])
    for name, content in entries:
        if content:
            line = nodes.paragraph(
                "", "", nodes.strong(name, name), nodes.Text("\N{NO-BREAK SPACE} ")
            )
            is_block = isinstance(content[0], nodes.bullet_list)
            layout += [line, *content] if is_block else line
            if not is_block:
                line += content
    return layout


class Definition(SphinxRole):
    """Define an object in running text: the anchor that its role refers to."""

    def __init__(self, objtype: str) -> None:
        self.objtype = objtype

    def run(self) -> tuple[list[Node], list[nodes.system_message]]:
        """Show the name as an anchor."""
        anchor = make_id(self.env, self.inliner.document, self.objtype, self.text)
        node = nodes.literal(self.text, self.text, ids=[anchor], classes=[f"payy-{self.objtype}"])
        self.inliner.document.note_explicit_target(node)
        self.env.domains.standard_domain.note_object(
            self.objtype, self.text, anchor, location=self.get_location()
        )
        return [node], []


def write_pages(app: Sphinx) -> None:
    """Read the project and bring `generated/` up to date; unchanged files keep their time."""
    sources = Path(app.srcdir)
    root = (sources / app.config.payy_root).resolve()
    try:
        inputs = collect(root)
    except (TraceError, VectorError) as error:
        raise ExtensionError(str(error)) from error
    project = Project(inputs, join(inputs))
    Project.by_sources[sources] = project
    target = sources / GENERATED
    pages = all_pages(root, project.inputs, project.matrix)
    for name, text in pages.items():
        file = target / name
        if not file.is_file() or file.read_text("utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
    for file in [*target.rglob("*")]:
        if file.is_file() and file.relative_to(target).as_posix() not in pages:
            file.unlink()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register everything."""
    app.add_config_value("payy_root", "..", "env", str)
    for objtype, role in ROLES.items():
        app.add_object_type(objtype, role, objname=objtype.replace("-", " "))
        app.add_role(f"define-{role}", Definition(objtype))
    blocks: dict[str, Any] = {"requirement": RequirementBlock, "property": PropertyBlock}
    for name, block in blocks.items():
        app.add_directive_to_domain("std", name, block, override=True)
    app.connect("builder-inited", write_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
