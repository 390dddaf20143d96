"""How Sphinx makes the site; `build.py` calls it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from oss_jupyter.version import __version__

project = "oss_jupyter"
author = "oss_jupyter"
release = version = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "chinese", "tables"]
default_role = "code"  # docstrings write names as `name`
nitpicky = False

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # they have been run: see notebooks.py
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True}
python_use_unqualified_type_names = True
maximum_signature_line_length = 100

html_theme = "pydata_sphinx_theme"
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "static/favicon.svg"  # the icon of JupyterLab's menu
html_title = f"oss_jupyter {__version__}"
html_show_sourcelink = False
# Pages without others below them: the column for links to those would be empty, and take the tables' room.
html_sidebars = {page: [] for page in ("index", "troubleshooting", "changelog", "contributing")}
html_copy_source = False
# The pages that are there in both languages: the link to the other one leads to the same page.
_CHINESE = Path(__file__).parents[1] / "zh"
_NOTEBOOKS = Path(__file__).parents[2] / "notebooks" / "zh-CN"
html_context = {
    "in_both": [
        "search",
        *(page.relative_to(_CHINESE).with_suffix("").as_posix() for page in _CHINESE.rglob("*.md")),
        *(f"tutorial/{notebook.stem}" for notebook in _NOTEBOOKS.glob("*.ipynb")),
    ]
}
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "navbar_end": ["language", "theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
}
