"""A real JupyterLab and a real browser, driven from a test.

    with Lab(directory) as lab, chromium() as browser:
        notebook = lab.open(browser, ["1 + 1"])
        notebook.run(0)

Everything Jupyter writes goes below one directory, so nothing of the user's is read or changed. Lab is driven by its
own commands, which say when they have finished; what people press with a mouse or a keyboard is pressed in the page.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

# Of patience with a busy machine, for whatever a page or its server is asked; nothing here takes as long.
PATIENCE_SECONDS = 90.0
_POLL_SECONDS = 0.1

# No network but the loopback's: a test that needs more is wrong, and a browser that phones home is slow.
_CHROMIUM_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--disable-default-apps", "--no-first-run", "--no-default-browser-check",
    "--metrics-recording-only", "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip

# Not shell.currentWidget: that is nothing for a moment whenever the focus moves.
_PANEL = "[...window.jupyterapp.shell.widgets('main')].find((widget) => widget.context && widget.sessionContext)"
_READY = f"""() => {{
    const panel = window.jupyterapp?.shell && {_PANEL};
    return panel?.context.isReady && panel.sessionContext.session?.kernel?.status === 'idle';
}}"""
_RUN = f"""async (index) => {{
    const panel = {_PANEL};
    window.jupyterapp.shell.activateById(panel.id);
    panel.content.activeCellIndex = index;
    panel.content.deselectAll();
    await window.jupyterapp.commands.execute('notebook:run-cell');
}}"""
_OUTPUTS = f"(index) => {_PANEL}.content.widgets[index].model.outputs.toJSON()"
_OPEN = """async (path) => {
    [...jupyterapp.shell.widgets('main')].forEach((widget) => widget.dispose());
    await jupyterapp.commands.execute('docmanager:open', {path, factory: 'Notebook'});
}"""
_SHUT_DOWN = f"async () => {{ await {_PANEL}?.sessionContext.shutdown(); }}"
_WATCH_RESTART = f"""() => {{
    const kernel = {_PANEL}.sessionContext.session.kernel;
    window.sawRestart = false;
    kernel.statusChanged.connect((_, status) => {{ if (status.includes('restarting')) window.sawRestart = true; }});
}}"""


def find_chromium() -> str | None:
    """Return the browser's path, or None where there is none."""
    named = os.environ.get("OSS_JUPYTER_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(_CHROMIUM_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Lab:
    """A Jupyter server below `directory`; notebooks lie in `directory`/work.

    Notebook 7 is the other application, and jupyter_server the one without pages.
    """

    def __init__(
        self,
        directory: Path,
        python: str = sys.executable,
        environment: dict[str, str] | None = None,
        application: str = "jupyterlab",
        options: Sequence[str] = (),
    ) -> None:
        self.directory = directory
        self.work = directory / "work"
        self._python = python
        self._application = application
        self._options = options
        self._environment = environment or {}
        self._token = secrets.token_hex(16)
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Lab:
        self.work.mkdir(parents=True, exist_ok=True)
        self._configure()
        with (self.directory / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self._python, "-m", self._application, "--no-browser", "--allow-root", f"--port={self._port}",
                    "--ip=127.0.0.1", f"--IdentityProvider.token={self._token}", f"--ServerApp.root_dir={self.work}",
                    "--ServerApp.port_retries=0", "--LabApp.expose_app_in_browser=True",
                    "--JupyterNotebookApp.expose_app_in_browser=True", *self._options,
                ],
                cwd=self.work, env=self._own_environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self._wait_until_up()
        return self

    def __exit__(self, *exception: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """End the server, and with it all kernels, and start another one at the same address."""
        self.__exit__()
        self.__enter__()

    def forget_all(self) -> None:
        """Shut down all kernels and delete what was written: by users, by pages and by kernels."""
        for kind in ("sessions", "kernels"):
            for one in self.ask("GET", kind):
                with suppress(HTTPError):  # a kernel may end by itself meanwhile
                    self.ask("DELETE", f"{kind}/{one['id']}")
        for place in ("config", "settings", "workspaces", "ipython", "state"):
            shutil.rmtree(self.directory / place, ignore_errors=True)
        for left in self.work.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        self._configure()

    def open(self, browser: Browser, cells: Sequence[str], name: str = "test", **context: Any) -> Notebook:
        """Write a notebook with these cells and open it in a page of its own, with its kernel idle."""
        self._write(cells, name)
        return self.reopen(browser, name, **context)

    def open_in(self, page: Page, cells: Sequence[str], name: str = "test") -> Notebook:
        """Write a notebook and open it in a page of JupyterLab that is there, in the place of all that it shows."""
        self._write(cells, name)
        page.evaluate(_OPEN, f"{name}.ipynb")
        notebook = self._notebook(page, name)
        notebook.wait_until_ready()
        return notebook

    def _write(self, cells: Sequence[str], name: str) -> None:
        cells_json: list[dict[str, Any]] = [
            {"cell_type": "code", "id": f"cell-{index}", "source": source, "metadata": {}, "outputs": [],
             "execution_count": None}
            for index, source in enumerate(cells)
        ]  # fmt: skip
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        content = {"cells": cells_json, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        (self.work / f"{name}.ipynb").write_text(json.dumps(content), encoding="utf-8")

    def reopen(self, browser: Browser, name: str = "test", **context: Any) -> Notebook:
        """Open a notebook that is there; `context` goes to the browser: viewport, color_scheme, device_scale_factor."""
        page = browser.new_page(**{"viewport": {"width": 1200, "height": 900}, **context})
        page.set_default_timeout(1000 * PATIENCE_SECONDS)
        notebook = self._notebook(page, name)
        page.goto(self._signed_in(notebook.url))
        notebook.wait_until_ready()
        return notebook

    def open_files(self, browser: Browser) -> Page:
        """Open Notebook 7's list of files in a page of its own."""
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(1000 * PATIENCE_SECONDS)
        page.goto(self.page_url("tree"))
        return page

    def page_url(self, path: str) -> str:
        """Return the address of a page, which lets its browser in."""
        return self._signed_in(f"{self._url}/{path}")

    def _signed_in(self, url: str) -> str:
        return f"{url}{'&' if '?' in url else '?'}token={self._token}"

    def _notebook(self, page: Page, name: str) -> Notebook:
        place = "lab/tree" if self._application == "jupyterlab" else "notebooks"
        return Notebook(page, self.work / f"{name}.ipynb", f"{self._url}/{place}/{name}.ipynb?reset")

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the server's REST interface and return the reply, None for an empty one. Raises HTTPError."""
        request = urllib.request.Request(
            f"{self._url}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self._token}"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as reply:
            return json.loads(reply.read() or b"null")

    def run(self, *words: str) -> str:
        """Run a command of Jupyter's on the same settings; return what it printed."""
        command = [self._python, "-m", "jupyter", *words]
        ran = subprocess.run(command, env=self._own_environment(), capture_output=True, text=True, check=True)
        return ran.stdout + ran.stderr

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _own_environment(self) -> dict[str, str]:
        places = {
            "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython",
            "OSS_JUPYTER_STATE_DIR": "state",
        }  # fmt: skip
        own = {variable: str(self.directory / name) for variable, name in places.items()}
        return {**os.environ, **own, "JUPYTER_PREFER_ENV_PATH": "1", **self._environment}

    def _configure(self) -> None:
        self._silence_the_news()
        self._leave_out_the_build_check()

    def _silence_the_news(self) -> None:
        """Its popup hides the lower right corner of the page."""
        settings = self.directory / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True, exist_ok=True)
        silent = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(silent), encoding="utf-8")

    def _leave_out_the_build_check(self) -> None:
        """Each page asks for it, and node takes seconds of a processor to answer."""
        place = self.directory / "config" / "labconfig"
        place.mkdir(parents=True, exist_ok=True)
        (place / "page_config.json").write_text(json.dumps({"buildCheck": False}), encoding="utf-8")

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self._url}/api?token={self._token}", timeout=2):
                    return
            except OSError:
                time.sleep(_POLL_SECONDS)
        raise TimeoutError(f"JupyterLab did not start; see {self.directory / 'server.log'}")


class Notebook:
    """An open notebook. Cells count from 0."""

    def __init__(self, page: Page, path: Path, url: str) -> None:
        self.page = page
        self.path = path
        self.url = url

    def wait_until_ready(self) -> None:
        """Wait until the notebook is loaded and its kernel is idle."""
        self.page.wait_for_function(_READY)

    def run(self, index: int) -> None:
        """Run a cell and wait until it has ended."""
        self.page.evaluate(_RUN, index)

    def start(self, index: int) -> None:
        """Run a cell without waiting for its end."""
        self.page.evaluate(f"(index) => {{ ({_RUN})(index); }}", index)

    def cell(self, index: int) -> Locator:
        """Return a cell as it is in the page."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """Return a cell's outputs, as they would be saved."""
        return list(self.page.evaluate(_OUTPUTS, index))

    def text_of(self, index: int) -> str:
        """Return what a cell printed."""
        return "".join("".join(output.get("text", "")) for output in self.outputs(index))

    def value_of(self, index: int) -> str:
        """Return a cell's value as text."""
        values = [output for output in self.outputs(index) if output["output_type"] == "execute_result"]
        return "".join(values[-1]["data"]["text/plain"])

    def save(self) -> dict[str, Any]:
        """Save the notebook and return what is in the file."""
        self.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        return dict(json.loads(self.path.read_text(encoding="utf-8")))

    def reload(self) -> None:
        """Load the page again; the kernel stays."""
        self.page.goto(self.url)
        self.wait_until_ready()

    def restart_kernel(self) -> None:
        """Restart the kernel from the menu, as people do."""
        page = self.page
        page.evaluate(_WATCH_RESTART)
        page.get_by_role("menuitem", name="Kernel", exact=True).click()
        page.locator('.lm-Menu-item[data-command="kernelmenu:restart"]').click()
        page.locator(".jp-Dialog .jp-mod-accept").click()
        page.wait_for_function("window.sawRestart")
        self.wait_until_ready()

    def shut_down_kernel(self) -> None:
        """Shut the kernel down; the page stays."""
        self.page.evaluate(_SHUT_DOWN)

    def close(self) -> None:
        """Shut the kernel down and close the page."""
        self.page.evaluate(_SHUT_DOWN)
        self.page.close()

    def set_theme(self, name: str) -> None:
        """Switch to "JupyterLab Light", "JupyterLab Dark" or "JupyterLab Dark High Contrast"."""
        self.page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
        self.page.wait_for_function("(theme) => document.body.dataset.jpThemeName === theme", arg=name)
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")  # which covers all while it loads


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
