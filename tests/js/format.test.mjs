// Sizes, speeds and durations read the same in the page and in the kernel: both are held against one file.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as format from "../../oss_jupyter/notebook/panel/static/common/format.js";

const golden = JSON.parse(readFileSync(new URL("golden/format.json", import.meta.url)));

test("sizes, durations and progress are written as the kernel writes them", () => {
  for (const [size, text] of golden.sizes) assert.equal(format.formatSize(size), text);
  for (const [seconds, text] of golden.durations) assert.equal(format.formatDuration(seconds), text);
  for (const [seconds, text] of golden.tenths) assert.equal(format.formatDuration(seconds, true), text);
  for (const [done, total, text] of golden.progress) {
    assert.equal(format.formatProgress(done, total, "{done} of {total}"), text);
  }
});

test("a percentage is cut off, so that it is never 100 too early, and not short by a rounding of the machine", () => {
  assert.equal(format.percent(0.999), 99);
  assert.equal(format.percent(0.29), 29);
  assert.equal(format.percent(1), 100);
});

test("time left is rounded to five seconds once it is over a minute", () => {
  assert.equal(format.formatLeft(42), "42 s");
  assert.equal(format.formatLeft(403), "6 min 45 s");
});

test("counts have their thousands apart", () => {
  assert.equal(format.formatCount(7), "7");
  assert.equal(format.formatCount(10000), "10,000");
  assert.equal(format.formatCount(1234567), "1,234,567");
});

test("what stands in a row is separated as the language does", () => {
  const zh = Object.assign((key) => key, { language: "zh" });
  assert.equal(format.listed(["a", "b"], zh), "a、b");
  assert.equal(format.clauses(["a", "b"], zh), "a，b");
  assert.equal(format.listed(["a", "b"], (key) => key), "a, b");
});
