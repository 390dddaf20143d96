// What the kernel packed is what the page unpacks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { countKinds } from "../../oss_jupyter/notebook/panel/static/common/places.js";
import { decode, partOf, stoppedState } from "../../oss_jupyter/notebook/panel/static/common/state.js";
import { mainLine, statusWord } from "../../oss_jupyter/notebook/panel/static/common/lines.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";

const MIB = 1024 * 1024;
const read = (name) => readFileSync(new URL(`golden/${name}.bin`, import.meta.url));
const golden = read("state");
// As a widget gets it: a view into a larger buffer.
const state = decode(new DataView(golden.buffer, golden.byteOffset, golden.byteLength));
const dataset = decode(read("dataset"));
const numbers = ({ places }) => Array.from({ length: places.count }, (_, index) => index + 1);
const kinds = (shown) => numbers(shown).map(shown.places.kindOf);
const fills = (shown) => numbers(shown).map((number) => Math.round(100 * shown.places.fillOf(number)));

test("header, parts and fill levels are there", () => {
  assert.equal(state.name, "trips 2024.parquet");
  assert.equal(state.state, "running");
  assert.deepEqual(kinds(state), [3, 2, 1, 4, 1, 5, 0]);
  assert.deepEqual(fills(state), [100, 100, 50, 100, 25, 100, 0]);
});

test("parts are counted by state", () => {
  assert.deepEqual(countKinds(state.places), [1, 2, 1, 1, 1, 1]);
});

test("the files of a dataset have a place each, with how far they are", () => {
  assert.deepEqual([dataset.places.each, dataset.files.total, dataset.files.done], [1, 8, 4]);
  assert.deepEqual(kinds(dataset), [3, 3, 2, 2, 1, 1, 5, 0]);
  assert.deepEqual(fills(dataset), [100, 100, 100, 100, 52, 0, 0, 0]);
  assert.deepEqual([dataset.failures.length, dataset.wire[0].transfer_id], [1, "child234"]);
});

test("a part is known without asking, the last one with its own length", () => {
  assert.deepEqual(partOf(state, 2), { number: 2, offset: 8 * MIB, length: 8 * MIB, code: 2, fill: null });
  assert.deepEqual(partOf(state, 7), { number: 7, offset: 48 * MIB, length: 2 * MIB, code: 0, fill: null });
});

test("without its kernel nothing moves, and what was on the wire counts no longer", () => {
  const stopped = stoppedState(state);
  assert.deepEqual(kinds(stopped), [3, 2, 0, 0, 0, 5, 0]);
  assert.deepEqual(fills(stopped), [100, 100, 0, 0, 0, 100, 0]);
  assert.deepEqual([stopped.state, stopped.moving, stopped.can.length], ["stopped", false, 0]);
  const words = mainLine(stopped, sayIn("en"));
  assert.match(words, /^32 % · 16 of 50 MiB in OSS$/);
  for (const ended of ["failed", "completed"]) assert.equal(stoppedState({ ...state, state: ended }).state, ended);
});

test("what a process of its own sends goes on without the kernel, and nothing can be asked of it here", () => {
  const left = stoppedState({ ...state, detached: true });
  assert.deepEqual([left.state, left.detached, left.moving, left.can.length], ["detached", false, false, 0]);
  assert.equal(statusWord(left, sayIn("zh")), "仍在继续");
  assert.equal(stoppedState({ ...state, state: "paused", moving: false }).state, "stopped");
});

test("without its kernel a dataset has nothing on the wire, and keeps what failed", () => {
  const stopped = stoppedState(dataset);
  assert.deepEqual(kinds(stopped), [3, 3, 2, 2, 0, 0, 5, 0]);
  assert.deepEqual([fills(stopped)[4], stopped.wire.length, stopped.failures.length], [0, 0, 1]);
  assert.equal(stoppedState({ ...dataset, state: "completed_with_errors" }).state, "completed_with_errors");
});

test("nothing yet is no state", () => {
  assert.equal(decode(null), null);
  assert.equal(decode(new DataView(new ArrayBuffer(0))), null);
});
