// The history on the desk: what is said of an end, and tabs by mouse and keyboard.

import assert from "node:assert/strict";
import { test } from "node:test";

import { endedLine, isThere } from "../../oss_jupyter/notebook/panel/static/desk/endedlines.js";
import { createTabs } from "../../oss_jupyter/notebook/panel/static/desk/tabs.js";
import { make } from "../../oss_jupyter/notebook/panel/static/common/dom.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";
import { installPage } from "./page.mjs";

installPage();
const MIB = 1024 * 1024;
const END = {
  id: "abc", ended: "2026-01-31T12:00:00Z", source: "/data/a.csv", name: "a.csv", url: "oss://b/a.csv", outcome: "completed",
  code: "", size: 100 * MIB, kept: 0, sent: 100 * MIB, seconds: 50, retries: 0, files: 0, failed: 0, again: false,
};

function threeTabs() {
  const shown = [];
  const tabs = ["one", "two", "three"].map((text) => ({ text, panel: make("div") }));
  const made = createTabs("all", tabs, (index) => shown.push(index));
  const press = (key) => made.element.dispatch("keydown", { key, preventDefault() {} });
  const state = () => made.element.children.map((tab, at) => [tab.getAttribute("aria-selected"), tab.tabIndex, tabs[at].panel.hidden].join());
  return { made, shown, press, state };
}

test("an end is told by when, how long and how fast", () => {
  const [when, ...words] = endedLine(END, sayIn("en")).split(" · ");
  assert.match(when, /2026/);
  assert.deepEqual(words, ["took 50 s", "2 MiB/s"]);
  const [chineseWhen, ...chinese] = endedLine(END, sayIn("zh")).split(" · ");
  assert.match(chineseWhen, /2026年1月31日/);
  assert.deepEqual(chinese, ["用时 50 s", "2 MiB/s"]);
});

test("files, what was kept, retries and a code are told where there are any", () => {
  const end = { ...END, files: 12_000, failed: 3, kept: 5 * MIB, retries: 1, code: "AccessDenied", seconds: 0, sent: 0 };
  assert.deepEqual(endedLine(end, sayIn("en")).split(" · ").slice(1), ["12,000 files", "3 failed", "kept 5 MiB", "1 retry", "AccessDenied"]);
});

test("a time that is none is shown as it stands in the file", () => {
  assert.match(endedLine({ ...END, ended: "once" }, sayIn("en")), /^once · /);
});

test("only what is there can be read back", () => {
  const there = ["completed", "already_there", "completed_with_errors", "failed", "aborted"].map((outcome) => isThere({ ...END, outcome }));
  assert.deepEqual(there, [true, true, true, false, false]);
});

test("one tab is shown, and the Tab key comes to that one", () => {
  const { made, shown, state } = threeTabs();
  assert.deepEqual(state(), ["true,0,false", "false,-1,true", "false,-1,true"]);
  made.element.children[1].dispatch("click");
  assert.deepEqual(state(), ["false,-1,true", "true,0,false", "false,-1,true"]);
  assert.deepEqual(shown, [1]);
  for (const tab of made.element.children) assert.equal(tab.getAttribute("role"), "tab");
});

test("arrows go round, Home and End to the ends, and the focus goes with them", () => {
  const { made, shown, press } = threeTabs();
  for (const key of ["ArrowLeft", "ArrowRight", "ArrowRight", "End", "Home", "x"]) press(key);
  assert.deepEqual(shown, [2, 0, 1, 2, 0]);
  assert.equal(document.activeElement, made.element.children[0]);
});
