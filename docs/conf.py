"""How the published specification is built. No page asks any other machine for anything."""

import sys
from pathlib import Path

from payy_ref import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "payy-ref"
author = "the payy-ref authors"
project_copyright = author
release = __version__
version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "payy_spec",
    "payy_docstrings",
    "payy_math",
]
exclude_patterns = ["_build", "_ext"]

# Python's domain has a directive `property` too; without a primary domain ours is meant.
primary_domain = None
# Single backticks in docstrings are code.
default_role = "code"
# Everything of ours must resolve; the standard library's own documentation is not linked.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!payy_ref\b).*")]

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints_format = "short"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = ["Requirements", "Properties", "Source"]
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"payy-ref {release}"
html_static_path = ["_static"]
html_css_files = ["payy.css"]
html_copy_source = False
html_show_sourcelink = False
html_math_renderer = "mathml"
