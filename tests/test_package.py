"""What is said about the package agrees: pyproject.toml, the recipe for conda, citation, licences and README.md."""

from __future__ import annotations

import re
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from oss_jupyter.version import __version__

tomllib = pytest.importorskip("tomllib", reason="needs Python 3.11 or newer, or it cannot read pyproject.toml")

ROOT = Path(__file__).resolve().parent.parent
# As names in classifiers and free texts mean them.
SPDX = {
    "Apache License 2.0": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """Return the whole of pyproject.toml."""
    read: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return read


def test_each_dependency_is_bound_from_below(project: dict[str, Any]) -> None:
    """Nobody gets a version that was never tried because it is older than all that were."""
    wanted = project["project"]["dependencies"], *project["project"]["optional-dependencies"].values()
    unbound = [one for list_ in wanted for one in list_ if ">=" not in one and not one.startswith("types-")]
    assert not unbound


def test_the_licence_of_each_dependency_is_told(project: dict[str, Any]) -> None:
    """The table names each package that comes along, with the licence that it says itself."""
    rows = re.findall(
        r"^\| ([a-z0-9-]+) \| ([\w.-]+) \|$", (ROOT / "docs/licences.md").read_text("utf-8"), re.MULTILINE
    )
    names = sorted(Requirement(one).name for one in project["project"]["dependencies"])
    assert rows == [(name, _licence(name)) for name in names]


def test_what_lies_beside_the_package_is_published(project: dict[str, Any]) -> None:
    """Nobody who clones gets more than what is named: a file that a try left behind is not taken along."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs a clone: git tells what belongs to the project")
    command = ["git", "-c", "safe.directory=*", "ls-files"]  # also where the clone is somebody else's
    tracked = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    published = project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"] + project["project"]["license-files"]
    assert {name.partition("/")[0] for name in tracked} == {*published, "pyproject.toml", ".gitignore"}


def _licence(name: str) -> str:
    said = metadata.metadata(name)
    texts = [*(said.get_all("License-Expression") or ()), *(said.get_all("License") or ())]
    texts += [one for one in said.get_all("Classifier") or () if one.startswith("License ::")]
    first = str(texts[0]).partition("\n")[0].strip()
    return SPDX.get(first, first)


def test_the_recipe_for_conda_asks_for_the_same(project: dict[str, Any]) -> None:
    """Who installs with conda gets the same version, with the same bounds."""
    recipe = yaml.safe_load((ROOT / "conda/recipe.yaml").read_text(encoding="utf-8"))
    wanted = [f"python {project['project']['requires-python']}"]
    wanted += [one.replace(">=", " >=") for one in project["project"]["dependencies"]]
    assert recipe["requirements"]["run"] == wanted
    assert recipe["context"]["version"] == __version__
    (command,) = recipe["build"]["python"]["entry_points"]
    assert dict([command.split(" = ")]) == project["project"]["scripts"]


def test_the_citation_names_this_version() -> None:
    """A paper that cites the package cites what was used."""
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == __version__


def test_the_readme_leads_everywhere_where_it_is_shown_alone(project: dict[str, Any]) -> None:
    """Where only README.md is shown, no link and no picture in it is relative, and each leads to a file of ours."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    relative = r'(?:\]\(|(?:src|srcset)=")(?![a-z]+:|#)([^)"#]+)'
    targets = re.findall(relative, text)
    assert [one for one in targets if not (ROOT / one).exists()] == []
    for rule in project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(rule["pattern"], rule["replacement"], text)
    assert targets
    assert re.findall(relative, text) == []
