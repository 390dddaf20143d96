"""What a notebook that keeps its widgets has to carry for each card."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from oss_jupyter.notebook.panel.common import bundle
from oss_jupyter.sandbox import Sandbox

WAIT_SECONDS = 110
UPLOADS = 4
CELLS = [
    "%load_ext oss_jupyter",
    *(f"%oss_upload trips.bin oss://test-bucket/{number} --wait" for number in range(UPLOADS)),
    "%oss_panel",
]


def test_script_and_style_are_saved_once(service: Sandbox, data: Path) -> None:
    """Four cards and a desk share them: each model is a few KB, and only one holds the code."""
    code: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**code, "id": f"cell-{index}", "source": source} for index, source in enumerate(CELLS)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    Path("in.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--output", "out.ipynb", "in.ipynb"]
    subprocess.run(command, check=True, capture_output=True, timeout=WAIT_SECONDS)
    saved = json.loads(Path("out.ipynb").read_text(encoding="utf-8"))
    models = saved["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    ours = [json.dumps(model) for model in models if {"code", "script"} & set(model["state"])]
    assert len(ours) == 1 + UPLOADS + 1
    script = json.dumps(bundle.script("panel.js"))[1:-1]
    (shared,) = (model for model in ours if script in model)
    assert all(len(model) < 8_000 for model in ours if model is not shared), sorted(map(len, ours))
