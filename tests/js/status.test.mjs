// What JupyterLab's status bar and notifications say.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createNews, statusText } from "../../oss_jupyter/lab/status.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";

const say = sayIn("en");
const MIB = 1024 * 1024;

test("the status bar sums speeds, takes the longest time, and is empty where nothing runs", () => {
  const rows = [
    { moving: true, speed: 40 * MIB, left: 720 },
    { moving: true, speed: 44 * MIB, left: 60 },
    { moving: false, speed: null, left: null },
  ];
  assert.equal(statusText(rows, say), "↑ 2 uploads · 84 MiB/s · 12 min 00 s left");
  assert.equal(statusText(rows.slice(1), say), "↑ 1 upload · 44 MiB/s · 1 min 00 s left");
  assert.equal(statusText([{ ...rows[0], left: null }], say), "↑ 1 upload · 40 MiB/s");
  assert.equal(statusText(rows.slice(2), say), "");
  assert.match(statusText(rows, say, 1), /^↑ 2 uploads/);
  assert.match(statusText(rows, say, 1200), /^↑ 1,200 uploads/); // a kernel tells no more than some rows
});

test("an end is told once, and what had ended before the page was opened is not", () => {
  const told = [];
  const news = createNews((kind, text) => told.push([kind, text.split(":")[0]]), say);
  const row = { id: "a", name: "a.bin", phase: "", error: ["It failed."], files: null, receipt: null };
  news([{ ...row, state: "running" }, { ...row, id: "b", state: "failed" }]);
  news([{ ...row, state: "failed" }, { ...row, id: "b", state: "failed" }]);
  news([{ ...row, state: "failed" }]);
  assert.deepEqual(told, [["error", "a.bin"]]);
});

test("what moved is told to be interrupted, and what had rested is not", () => {
  const told = [];
  const news = createNews((kind, text) => told.push([kind, text.split(":")[0]]), say);
  const row = { phase: "", error: null, files: null, receipt: null, can: [], total: 0, kept: 0, confirmed: 0, fraction: 0 };
  const rows = [{ ...row, id: "a", name: "a.bin" }, { ...row, id: "b", name: "b.bin" }];
  news([{ ...rows[0], state: "running", moving: true }, { ...rows[1], state: "paused", moving: false }]);
  news(rows.map((one) => ({ ...one, state: "interrupted", moving: false })));
  assert.deepEqual(told, [["warning", "a.bin"]]);
});

test("behind a long name there is room for what became of it", () => {
  const told = [];
  const news = createNews((_, text) => told.push(text), say);
  const row = { id: "a", name: `${"n".repeat(200)}.bin`, phase: "", error: ["It failed."], files: null, receipt: null };
  news([{ ...row, state: "running" }]);
  news([{ ...row, state: "failed" }]);
  assert.match(told[0], /^n{30}…n{26}\.bin: Failed\. It failed\.$/);
});

test("what was over before the page heard of it is told once, if it began while the page was open", () => {
  const told = [];
  const news = createNews((kind, text) => told.push([kind, text.split(":")[0]]), say, 100);
  const row = { name: "a.bin", state: "failed", phase: "", error: ["It failed."], files: null, receipt: null };
  const rows = [{ ...row, id: "a", started: 101 }, { ...row, id: "b", started: 99 }, { ...row, id: "c" }];
  news(rows);
  news(rows);
  assert.deepEqual(told, [["error", "a.bin"]]);
});
