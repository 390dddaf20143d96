"""Builds the site, without the network: `make docs` runs it. A warning is a failure.

The pages are those in `docs/`, and the changelog is the project's. The tutorial is made of the notebooks; those that
have changed are run first, or have no outputs with `--no-run`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import notebooks

ROOT = Path(__file__).resolve().parents[2]
STAGE, SITE = ROOT / "build" / "docs", ROOT / "build" / "site"
SOURCE = "https://github.com/oss-jupyter/oss_jupyter/blob/main/"
# Where a page of the site stands for a file that readers of the repository open.
_PAGES = {
    "../CHANGELOG.md": "changelog.md",
    "../CONTRIBUTING.md": "contributing.md",
    "../README.md#what-unfinished-parts-cost": "permissions.md",
    "../README.md#how-fast": "performance.md",
}
_LEADS_OUT = re.compile(r"(\]\()(?:\.\./)+(?=[A-Za-z])(?![^)]*\.md\))")


def main() -> None:
    """Build it into `build/site`."""
    if "--no-run" not in sys.argv:
        notebooks.run_changed()
    for folder in (STAGE, SITE):
        shutil.rmtree(folder, ignore_errors=True)
    _stage()
    _build()
    print(f"The site: {SITE / 'index.html'}")


def _stage() -> None:
    shutil.copytree(ROOT / "docs", STAGE, ignore=shutil.ignore_patterns("site"))
    shutil.copy(ROOT / "CHANGELOG.md", STAGE / "changelog.md")
    shutil.copy(ROOT / "CONTRIBUTING.md", STAGE / "contributing.md")
    for page in STAGE.rglob("*.md"):
        page.write_text(_linked(page.read_text(encoding="utf-8")), encoding="utf-8")
    notebooks.put_into(STAGE / "tutorial")


def _linked(text: str) -> str:
    """Return a page whose links lead where they lead in the repository."""
    for target, page in _PAGES.items():
        text = text.replace(f"]({target})", f"]({page})")
    text = text.replace("](docs/", "](").replace("](notebooks", f"]({SOURCE}notebooks")
    return _LEADS_OUT.sub(rf"\g<1>{SOURCE}", text)


def _build() -> None:
    options = ["-W", "--keep-going", "-q", "-j", "auto", "-b", "html", "-c", str(ROOT / "docs" / "site")]
    places = ["-d", str(ROOT / ".cache" / "doctrees"), str(STAGE), str(SITE)]
    if subprocess.run([sys.executable, "-m", "sphinx", *options, *places], check=False).returncode:
        raise SystemExit("The site could not be built.")


if __name__ == "__main__":
    main()
