"""Builds the site in both languages, without the network: `make docs` runs it. A warning is a failure.

The pages are those in `docs/`, in Chinese those in `docs/zh/`; the changelog is the project's. The tutorial is made of
the notebooks; those that have changed are run first, or have no outputs with `--no-run`.
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
}
_ENGLISH = re.compile(r"\[([^\]]+)\]\(\.\./([a-z-]+)\.md(#[\w-]+)?\)")
_NOTEBOOK = re.compile(r"(\]\()(?:\.\./)+notebooks/(?:zh-CN/)?(?=[\w-]+\.ipynb\))")
_LEADS_OUT = re.compile(r"(\]\()(?:\.\./)+(?=[A-Za-z])(?![^)]*\.md\))")


def main() -> None:
    """Build it into `build/site`."""
    if "--no-run" not in sys.argv:
        notebooks.run_changed()
    for folder in (STAGE, SITE):
        shutil.rmtree(folder, ignore_errors=True)
    _stage_english(STAGE / "en")
    _stage_chinese(STAGE / "zh")
    _build("en", SITE)
    _build("zh_CN", SITE / "zh")
    print(f"The site: {SITE / 'index.html'}")


def _stage_english(stage: Path) -> None:
    shutil.copytree(ROOT / "docs", stage, ignore=shutil.ignore_patterns("site", "zh", ".*"))  # JupyterLab keeps copies
    shutil.copy(ROOT / "CHANGELOG.md", stage / "changelog.md")
    shutil.copy(ROOT / "CONTRIBUTING.md", stage / "contributing.md")
    _link(stage)
    notebooks.put_into(stage / "tutorial", "en")


def _stage_chinese(stage: Path) -> None:
    shutil.copytree(ROOT / "docs" / "zh", stage, ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(ROOT / "docs" / "images", stage / "images")
    shutil.copytree(ROOT / "docs" / "site" / "locales", stage / "locales")  # what the theme says in English alone
    for page in stage.glob("*.md"):  # what is there in English alone is read there
        there = _ENGLISH.sub(r'<a href="../\2.html\3">\1</a>', page.read_text(encoding="utf-8"))
        page.write_text(there, encoding="utf-8")
    _link(stage)
    notebooks.put_into(stage / "tutorial", "zh")


def _link(stage: Path) -> None:
    for page in stage.rglob("*.md"):
        page.write_text(_linked(page.read_text(encoding="utf-8")), encoding="utf-8")


def _linked(text: str) -> str:
    """Return a page whose links lead where they lead in the repository."""
    for target, page in _PAGES.items():
        text = text.replace(f"]({target})", f"]({page})")
    text = (
        text.replace("](docs/", "](")
        .replace("](../images/", "](images/")
        .replace("](notebooks", f"]({SOURCE}notebooks")
    )
    text = _NOTEBOOK.sub(r"\1tutorial/", text)
    return _LEADS_OUT.sub(rf"\g<1>{SOURCE}", text)


def _build(language: str, target: Path) -> None:
    options = ["-W", "--keep-going", "-q", "-j", "auto", "-b", "html", "-c", str(ROOT / "docs" / "site")]
    source, kept = STAGE / language.partition("_")[0], ROOT / ".cache" / f"doctrees-{language}"
    command = [sys.executable, "-m", "sphinx", *options, "-D", f"language={language}", "-d", str(kept)]
    if subprocess.run([*command, str(source), str(target)], check=False).returncode:
        raise SystemExit(f"The site in {language} could not be built.")


if __name__ == "__main__":
    main()
