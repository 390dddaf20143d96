// The sentences of a dataset are what they should be, and the same as the kernel's.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { announcement, barShares, keptLine, mainLine, stored } from "../../oss_jupyter/notebook/panel/static/common/lines.js";
import { mainCommand } from "../../oss_jupyter/notebook/panel/static/common/controls.js";
import { decode } from "../../oss_jupyter/notebook/panel/static/common/state.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";

const say = sayIn("en");
const golden = (name) => readFileSync(new URL(`golden/${name}`, import.meta.url));
const base = decode(golden("dataset.bin"));
const MIB = 1024 * 1024;

const state = ({ files = {}, ...changes } = {}) => ({ ...base, ...changes, files: { ...base.files, ...files } });

test("card and kernel tell a dataset with the same line", () => {
  const lines = JSON.parse(golden("dataset_lines.json"));
  assert.equal(lines.length, 5);
  for (const { row, line } of lines) assert.equal(mainLine(row, say), line);
});

test("while the folder is scanned everything is at least", () => {
  assert.equal(mainLine(state(), say), "4 of 8 files · 1 failed · 22 of 50 MiB · 2.6 MiB/s · 412 files/s · 11 s left");
  const scanning = state({ files: { scanning: true, failed: 0 } });
  assert.equal(
    mainLine(scanning, say),
    "4 of at least 8 files · 22 MiB of at least 50 MiB · 2.6 MiB/s · 412 files/s · at least 11 s left",
  );
  assert.match(mainLine(scanning, sayIn("zh")), /^4 \/ 至少 8 个文件 · /);
});

test("before the first file is found nothing is counted", () => {
  const begun = state({ total: 0, shown: 0, speed: null, left: null, files: { scanning: true, total: 0, done: 0, failed: 0 } });
  assert.equal(mainLine(begun, say), "looking for files");
  assert.equal(mainLine({ ...begun, state: "queued" }, say), "");
  const ended = { sent: 0, already_there: true, seconds: 0.1 };
  const nothing = state({ state: "completed", moving: false, receipt: ended, total: 0, files: { total: 0, sent: 0, failed: 0 } });
  assert.equal(mainLine(nothing, say), "there was nothing to send");
});

test("at rest only what is in OSS counts, and what was there before is told beside it", () => {
  const paused = state({ state: "paused", moving: false });
  assert.equal(mainLine(paused, say), "4 of 8 files · 1 failed · 16 of 50 MiB in OSS · resume whenever you like");
  assert.equal(keptLine(paused, say), "2 sent, 1 kept from before, 1 already there");
  assert.equal(keptLine(state({ files: { kept: 0, skipped: 0 } }), say), "");
  assert.match(announcement(paused, say), /: Paused\. 4 of 8 files/);
  assert.match(announcement(paused, sayIn("zh")), /：已暂停。/);
});

test("what has failed has its share of the bar, and its button", () => {
  const ended = state({ state: "completed_with_errors", can: ["resume"], moving: false, fraction: 0.9, files: { failed_bytes: 5 * MIB } });
  assert.deepEqual(Math.round(1000 * barShares(ended).failed), 100);
  assert.equal(barShares(state({ fraction: 0.99, files: { failed_bytes: 50 * MIB } })).failed.toFixed(2), "0.01");
  assert.equal(mainCommand(ended), "retry_failed");
  assert.equal(mainCommand(state({ state: "failed", can: ["resume"] })), "retry");
  assert.equal(mainCommand(state({ state: "paused", can: ["resume"] })), "resume");
});

test("an abort counts complete files, and says that they stay", () => {
  assert.deepEqual(stored(state()), { parts: "3", size: "16 MiB" });
  assert.equal(mainLine(state({ state: "aborted", moving: false, parts_gone: true }), say), say("aborted_files_stay"));
});
