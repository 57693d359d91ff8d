"""The site: anchors and tables from a project, and a build that fails where something dangles."""

import importlib
import io
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import docutils_namespace, patch_docutils

from payy_ref.operations.forms import Bytes, Canonical, ListOf
from tests.trace_project import ACCEPTED, edit, write, write_project

# How MyST uses Sphinx is not judged here.
pytestmark = pytest.mark.filterwarnings(
    "ignore::PendingDeprecationWarning", "ignore::DeprecationWarning"
)

EXTENSIONS = Path(__file__).parents[1] / "docs" / "_ext"

CONF = f"""
import sys

sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "payy_spec", "payy_math"]
myst_enable_extensions = ["dollarmath"]
primary_domain = None
html_math_renderer = "mathml"
# Only the chapters and the tables: no page of the Python reference, nothing by hand.
exclude_patterns = ["_build", "generated/api", "generated/operations.md", "generated/changelog.md"]
nitpick_ignore_regex = [("py:.*", ".*")]
suppress_warnings = ["toc.not_included", "toc.not_readable", "toc.excluded"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project with a folder of pages."""
    root = write_project(tmp_path)
    write(root / "docs" / "conf.py", CONF)
    write(root / "docs" / "index.md", "# Start\n\n```{include} generated/chapters.inc\n```\n")
    write(root / "docs" / "consume_vectors.md", "# Vectors\n")
    return root


def build(root: Path) -> str:
    """Build the pages and give the warnings."""
    warnings = io.StringIO()
    docs = root / "docs"
    with patch_docutils(str(docs)), docutils_namespace():
        app = Sphinx(
            docs,
            docs,
            docs / "_build",
            docs / "_build" / "doctrees",
            "html",
            confoverrides={"nitpicky": True},
            status=None,
            warning=warnings,
            freshenv=True,
        )
        app.build()
    return warnings.getvalue()


def page(root: Path, name: str) -> str:
    """Read a built page."""
    return (root / "docs" / "_build" / "generated" / name).read_text("utf-8")


def test_a_good_project(project: Path) -> None:
    """Requirements and properties are anchors and show what belongs to them."""
    assert build(project) == ""

    rules = page(project, "spec/first/rules.html")
    assert 'id="PAYY-FIRST-001"' in rules
    assert 'href="properties.html#PAYY-FIRST-T01"' in rules
    assert "errors.html#" in rules
    assert "1 accepted, 1 rejected" in rules
    assert "vectors/hash.html#vectors-hash-bytes" in rules
    properties = page(project, "spec/first/properties.html")
    assert "T2, hypothesis: test_small" in properties
    assert "<math " in properties
    assert ACCEPTED in page(project, "vectors/hash.html")
    assert "The number is above 9." in page(project, "errors.html")
    assert "no gaps" in page(project, "trace.html")
    assert "test_small" in page(project, "proof_ledger.html")


def test_pages_that_lost_their_source_go(project: Path) -> None:
    """A derived page of an earlier build is removed."""
    left = project / "docs" / "generated" / "spec" / "second" / "rules.md"
    write(left, "# Gone\n")
    build(project)
    assert not left.exists()


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("{req}`PAYY-FIRST-001`", "{req}`PAYY-FIRST-008`", "'req' reference target not found"),
        ("{prop}`PAYY-FIRST-T01`", "{prop}`PAYY-FIRST-T08`", "'prop' reference target not found"),
        ("{error}`TOO_BIG`", "{error}`TOO_RED`", "'error' reference target not found"),
        (
            "```{requirement} PAYY-FIRST-002",
            "```{requirement} PAYY-FIRST-001",
            "duplicate requirement description of PAYY-FIRST-001",
        ),
    ],
)
def test_what_dangles_is_a_warning(project: Path, old: str, new: str, warning: str) -> None:
    """Each of them fails a build in which warnings are errors."""
    edit(project / "spec" / "first" / "rules.md", old, new)
    assert warning in build(project)


def test_bad_markup_ends_the_build(project: Path) -> None:
    """A chapter that cannot be read is an error with its place."""
    edit(project / "spec" / "first" / "rules.md", ":kind: definition", ":sort: definition")
    with pytest.raises(ExtensionError, match=r"spec/first/rules\.md:10: .* no option :sort:"):
        build(project)


def test_a_formula_that_cannot_be_read(project: Path) -> None:
    """An unknown command is a warning, not a blank."""
    edit(project / "spec" / "first" / "properties.md", "$n < 10$", r"$n \lesser 10$")
    assert "Unknown LaTeX command" in build(project)


def test_long_names_break_at_their_joints(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long name may break between its words, a long number anywhere, a short name nowhere."""
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    plain = importlib.import_module("payy_pages").plain
    assert plain("a_b") == r"a\_b"
    assert plain("spec/merkle/test_tree.py::test_of_something") == (
        r"spec/<wbr>merkle/<wbr>test\_<wbr>tree<wbr>.py::<wbr>test\_<wbr>of\_<wbr>something"
    )
    assert plain("7" * 40) == "7" * 34 + "<wbr>" + "7" * 6


def test_forms_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list says how many items it has, where that is fixed."""
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    in_words = importlib.import_module("payy_pages").form_in_words
    state = ListOf(Canonical(), length=4)
    assert in_words(state) == "list of 4 field elements"
    assert in_words(ListOf(state)) == "list of lists of 4 field elements"
    assert in_words(ListOf(Bytes())) == "list of byte strings"
