"""The tutorial: each notebook is run once in each language, on a sandbox that it starts, and shown with its outputs.

What was run is kept in `.cache/docs` under a hash of its notebook and of the package's version. A cell with the tag
"restart-kernel" says where the reader restarts the kernel.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = {"en": ROOT / "notebooks", "zh": ROOT / "notebooks" / "zh-CN"}
_DOCS = re.compile(r"\]\((?:\.\./)+docs/(?:zh/)?")  # in the site their pages stand above the tutorial
_KEPT = ROOT / ".cache" / "docs"
_RESTART = "restart-kernel"
_CELL_SECONDS = 300


def run_changed() -> None:
    """Run the notebooks that have changed since they were run last."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    for language in _FOLDERS:
        for notebook in _notebooks(language):
            kept = _kept(notebook, language)
            if not kept.exists():
                print(f"Running {notebook.relative_to(ROOT)} …", flush=True)
                nbformat.write(_run(notebook, language), kept)


def put_into(folder: Path, language: str) -> None:
    """Copy those of a language to where the site takes them, with their outputs if they have been run."""
    for notebook in _notebooks(language):
        kept = _kept(notebook, language)
        content = nbformat.read(kept if kept.exists() else notebook, as_version=4)
        for cell in content.cells:
            cell.source = _DOCS.sub("](../", cell.source)
        nbformat.write(content, folder / notebook.name)


def _notebooks(language: str) -> list[Path]:
    return sorted(_FOLDERS[language].glob("*.ipynb"))


def _kept(notebook: Path, language: str) -> Path:
    content = notebook.read_bytes() + (ROOT / "oss_jupyter" / "version.py").read_bytes() + Path(__file__).read_bytes()
    return _KEPT / f"{notebook.stem}-{language}-{hashlib.sha256(content).hexdigest()[:16]}.ipynb"


def _run(notebook: Path, language: str) -> Any:
    """Run it as a newcomer does: in a folder of its own, without settings, keys or uploads from before."""
    content = nbformat.read(notebook, as_version=4)
    with tempfile.TemporaryDirectory(prefix="oss_jupyter-docs-") as home:
        client = NotebookClient(content, timeout=_CELL_SECONDS, kernel_manager_class=KernelManager)
        client.resources = {"metadata": {"path": home}}
        environment = _newcomer(Path(home), language)
        client.create_kernel_manager()
        try:
            client.start_new_kernel(env=environment)
            client.start_new_kernel_client()
            for number, cell in enumerate(content.cells):
                if _RESTART in cell.metadata.get("tags", ()):
                    client.km.restart_kernel(now=True)
                    client.kc.wait_for_ready(timeout=60)
                client.execute_cell(cell, number)
        finally:
            client.km.shutdown_kernel(now=True)
            stop = [sys.executable, "-m", "oss_jupyter.sandbox", "--stop"]
            subprocess.run(stop, env=environment, check=False, capture_output=True)
    return content


def _newcomer(home: Path, language: str) -> dict[str, str]:
    """Return the environment of whoever runs a notebook: what it prints is in the language of its texts."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("OSS_", "ALIBABA_CLOUD_"))}
    # Widgets show nothing in a page that no kernel stands behind.
    (home / "profile_default").mkdir()
    (home / "profile_default" / "ipython_config.py").write_text("c.OssJupyter.widgets = False\n", encoding="utf-8")
    places = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "IPYTHONDIR": str(home)}
    return ours | places | {"OSS_JUPYTER_LANGUAGE": language}
