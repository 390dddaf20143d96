"""The tutorial: each notebook is run once, on a sandbox that it starts, and is shown with its outputs.

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
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_DOCS = re.compile(r"\]\((?:\.\./)+docs/(?:zh/)?")  # in the site their pages stand above the tutorial
_KEPT = ROOT / ".cache" / "docs"
_RESTART = "restart-kernel"
_CELL_SECONDS = 300


def run_changed() -> None:
    """Run the notebooks that have changed since they were run last."""
    for notebook in NOTEBOOKS:
        kept = _kept(notebook)
        if not kept.exists():
            print(f"Running {notebook.name} …", flush=True)
            kept.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(_run(notebook), kept)


def put_into(folder: Path, words: Path = ROOT / "notebooks") -> None:
    """Copy them to where the site takes them, with their outputs if they have been run.

    words: the folder whose notebooks have the texts; the code of all languages is the same, but for its comments.
    """
    for notebook in NOTEBOOKS:
        kept = _kept(notebook)
        content = nbformat.read(kept if kept.exists() else notebook, as_version=4)
        texts = {cell.id: cell.source for cell in nbformat.read(words / notebook.name, as_version=4).cells}
        for cell in content.cells:
            cell.source = _DOCS.sub("](../", texts[cell.id])
        nbformat.write(content, folder / notebook.name)


def _kept(notebook: Path) -> Path:
    content = notebook.read_bytes() + (ROOT / "oss_jupyter" / "version.py").read_bytes() + Path(__file__).read_bytes()
    return _KEPT / f"{notebook.stem}-{hashlib.sha256(content).hexdigest()[:16]}.ipynb"


def _run(notebook: Path) -> Any:
    """Run it as a newcomer does: in a folder of its own, without settings, keys or uploads from before."""
    content = nbformat.read(notebook, as_version=4)
    with tempfile.TemporaryDirectory(prefix="oss_jupyter-docs-") as home:
        client = NotebookClient(content, timeout=_CELL_SECONDS, kernel_manager_class=KernelManager)
        client.resources = {"metadata": {"path": home}}
        environment = _newcomer(Path(home))
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


def _newcomer(home: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("OSS_", "ALIBABA_CLOUD_"))}
    # Widgets show nothing in a page that no kernel stands behind.
    (home / "profile_default").mkdir()
    (home / "profile_default" / "ipython_config.py").write_text("c.OssJupyter.widgets = False\n", encoding="utf-8")
    return ours | {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "IPYTHONDIR": str(home)}
