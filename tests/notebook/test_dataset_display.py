"""A plan and a receipt in a notebook: tables that can be read and filtered without a kernel, a script or a style."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from oss_jupyter.model.dataset import FailedFile
from oss_jupyter.model.dataset_plan import PlanBuilder
from oss_jupyter.notebook.display.dataset import PLAN_MAX_BYTES, dataset_receipt_html, plan_html

from ..datasets import EVIL, ODD, a_plan, a_receipt, failures, odd_plan
from .kernels import Kernel

# What JupyterLab leaves in an output of a notebook that is not trusted; GitHub leaves these as well.
SAFE_TAGS = {"div", "br", "details", "summary", "table", "tr", "th", "td"}


class Tags(HTMLParser):
    """Notes the tags and attributes of a page, and complains where they do not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def folds(html: str) -> list[tuple[str, str]]:
    """Return the summary and the rows of each fold."""
    return re.findall(r"<details[^>]*><summary>(.*?)</summary>(.*?)</details>", html)


def test_each_action_of_a_plan_is_a_fold_with_its_own_rows() -> None:
    """A saved notebook is filtered by opening a fold: the first and last rows of that action, and no others."""
    shown = folds(plan_html(a_plan(2000)))
    assert [summary.partition(":")[0] for summary, _ in shown] == ["all", "send", "skip", "resume", "cannot"]
    assert [rows.count("<tr>") for _, rows in shown] == [17, 17, 17, 2, 17]
    skipped = shown[2][1]
    assert "same bytes" in skipped
    assert ">new<" not in skipped
    assert "img_0001999.jpg" not in skipped
    assert "(385 more)" in skipped
    assert shown[4][0] == "cannot: 199 files"
    cannot = shown[4][1]
    assert "img_0000009.jpg" in cannot
    assert "it cannot be read" in cannot


def test_the_fold_of_all_rows_is_open_and_one_at_a_time() -> None:
    """What is seen at once is the plan itself; folds of one output belong together, and not to those of another."""
    html, again = plan_html(a_plan()), plan_html(a_plan())
    assert re.findall(r"<details name=\"[\w-]+\"( open)?>", html) == [" open", "", "", "", ""]
    assert len({*re.findall(r"name=\"([\w-]+)\"", html + again)}) == 2


def test_sums_requests_and_warnings_stand_beside_the_rows() -> None:
    """Nobody opens a fold to learn how much it is, what it costs, or that the service would slow it down."""
    html = plan_html(a_plan(20_000))
    outside = re.sub(r"<details.*</details>", "", html)
    assert "data/ -&gt; oss://bucket/raw/: 20,000 files, " in outside
    assert "14,000 PutObject" in outside
    assert "2,000 requests a second" in outside


def test_a_plan_of_one_action_has_one_fold_and_an_empty_one_none() -> None:
    """No fold repeats another."""
    assert len(folds(plan_html(a_plan(1)))) == 1
    assert plan_html(PlanBuilder("oss://b/", "data/").plan()) == "<div>data/ -&gt; oss://b/: 0 files, 0 B</div>"


@pytest.mark.parametrize("html", [plan_html(a_plan(2000)), dataset_receipt_html(a_receipt())], ids=["plan", "receipt"])
def test_it_is_made_of_what_is_left_of_an_untrusted_notebook(html: str) -> None:
    """A page that takes scripts and styles away takes nothing that is needed, and colours are the theme's own."""
    page = Tags(html)
    assert page.tags <= SAFE_TAGS
    assert page.attributes <= {"name", "open", "style"}
    assert page.open == []
    assert "color" not in html


@pytest.mark.parametrize("name", [EVIL, *ODD])
def test_odd_names_are_no_markup_and_can_be_saved(name: str) -> None:
    """Whatever a file is called, a notebook with it can be written, and nothing of it runs."""
    receipt = a_receipt(url=f"oss://bucket/{name}/", failures=(FailedFile(name, name, "", name),), failed=1)
    for html in (plan_html(odd_plan(name)), dataset_receipt_html(receipt)):
        html.encode()
        assert Tags(html).tags <= SAFE_TAGS
        assert html.isprintable()


@pytest.mark.parametrize("letter", ['"', "&", "😀", "\x01", "\udcff", "n"])
def test_it_stays_small_whatever_the_names_are(letter: str) -> None:
    """The longest names, in letters that grow when they are escaped, leave fewer rows and no large notebook."""
    plan = odd_plan(*(255 * letter + str(number) for number in range(60)))
    assert len(plan_html(plan).encode()) <= PLAN_MAX_BYTES
    assert len(folds(plan_html(plan))) == 3
    many = tuple(FailedFile(400 * letter, "k", "", 400 * letter) for _ in range(1000))
    assert len(dataset_receipt_html(a_receipt(failures=many, failed=1000)).encode()) < 20_000


def test_the_receipt_tells_each_outcome_and_the_first_failures() -> None:
    """Zeros are left out, and of many failures ten are named."""
    html = dataset_receipt_html(a_receipt(failed=30, failures=failures(30), kept=0))
    assert re.search(r">skipped</td><td [^<>]*>7,737 files, 11 GiB</td>", html)
    assert ">kept<" not in html
    assert html.count("Reason ") == 10
    assert "and 20 more that failed" in html


MAKE = """
import oss_jupyter as oj
from oss_jupyter.model.dataset import Action
from oss_jupyter.model.dataset_plan import PlanBuilder
from oss_jupyter.model.planned_rows import PlannedFile
oj.transfers()
builder = PlanBuilder("oss://bucket/raw/", "data/")
builder.add(PlannedFile("/data/a.csv", "raw/a.csv", 3, Action.SEND, "new"))
plan = builder.plan()
"""


def test_a_kernel_shows_them_without_the_extension(new_kernel: Callable[..., Kernel]) -> None:
    """Whoever called a function of the package sees tables, and a line for each where they stand in a list."""
    kernel = new_kernel()
    (plan,) = kernel.run(f"{MAKE}plan").bundles
    assert plan["text/plain"].splitlines()[-1] == "send    a.csv  3 B   new"
    assert "<details" in plan["text/html"]
    (receipt,) = kernel.run("oj.DatasetReceipt('k', 'oss://bucket/raw/', sent=2)").bundles
    assert ">2 files, 0 B<" in receipt["text/html"]
    (listed,) = kernel.run("[plan]").bundles
    assert listed == {"text/plain": "[<DatasetPlan data/ -> oss://bucket/raw/: 1 file, send 1>]"}
