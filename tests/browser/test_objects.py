"""What a notebook holds, in a real JupyterLab: the cards of a table, of what a cell prints and of a table of Dask."""

from __future__ import annotations

import pytest

from oss_jupyter.sandbox import Sandbox

from .test_card import Open, Picture, card_of, press, wait_for_status
from .test_desk import settings
from .test_hand_over import copied

__all__ = ["settings"]

pytestmark = pytest.mark.timeout(180)

TABLE = """
import pandas as pd
df = pd.DataFrame({"city": ["Oslo", "Bergen"] * 50_000, "trips": range(100_000)})
%oss_upload df oss://test-bucket/tables/trips.parquet
""".strip()
PRINTED = """
%%oss_upload oss://test-bucket/tables/cubes.csv
print("number,cube")
for number in range(1000):
    print(number, number**3, sep=",")
""".strip()
CLUSTER = """
import dask.dataframe as dd
from distributed import LocalCluster
cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50)
client = cluster.get_client()
daily = dd.from_pandas(pd.DataFrame({"day": range(900), "trips": range(900)}), npartitions=30)
""".strip()
PARTITIONS = "%oss_upload daily oss://test-bucket/tables/daily/"


def test_a_table_is_read_back_by_the_cell_of_its_card(
    open_notebook: Open, sandbox: Sandbox, settings: str, picture: Picture
) -> None:
    """The card names the variable, and what "Read it back" copies gives the same table in another notebook."""
    notebook = open_notebook(settings, TABLE)
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.run(0)
    notebook.run(1)
    card = card_of(notebook, 1)
    wait_for_status(card, "Completed")
    picture(notebook, 1, "object-table")
    assert card.locator(".ossj-name", has_text="df").is_visible()
    press(card, "Read it back")
    card.get_by_role("status").filter(has_text="paste it where you need it").wait_for(timeout=30_000)
    reading = copied(notebook)
    again = open_notebook(settings, reading, "print(len(df), df.trips.sum(), list(df.city[:2]))")
    for number in range(3):
        again.run(number)
    assert again.text_of(2) == f"100000 {sum(range(100_000))} ['Oslo', 'Bergen']\n"


def test_what_a_cell_prints_has_a_card(open_notebook: Open, sandbox: Sandbox, settings: str, picture: Picture) -> None:
    """It stands below the cell that printed, which shows nothing of what it has sent."""
    notebook = open_notebook(settings, PRINTED)
    notebook.run(0)
    notebook.run(1)
    card = card_of(notebook, 1)
    wait_for_status(card, "Completed")
    picture(notebook, 1, "object-printed")
    assert "a cell's output" in card.inner_text()
    assert sandbox.object_path("test-bucket", "tables/cubes.csv").read_bytes().endswith(b"999,997002999\n")
    assert "997002999" not in notebook.cell(1).locator(".jp-Cell-outputWrapper").inner_text()


def test_partitions_of_a_cluster_have_one_card(
    open_notebook: Open, sandbox: Sandbox, settings: str, picture: Picture
) -> None:
    """The workers of the active client send, and all partitions are the files of one dataset."""
    notebook = open_notebook(settings, f"import pandas as pd\n{CLUSTER}", PARTITIONS, "client.close(); cluster.close()")
    for number in range(3):
        notebook.run(number)
    card = card_of(notebook, 2)
    wait_for_status(card, "Completed")
    picture(notebook, 2, "object-partitions")
    assert "30 files" in card.inner_text()
    assert sandbox.object_path("test-bucket", "tables/daily/part.0029.parquet").is_file()
    notebook.run(3)
