// What the kernel packed is what the page unpacks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { countStates, decode, partOf, stoppedState } from "../../oss_jupyter/notebook/panel/static/common/state.js";
import { mainLine } from "../../oss_jupyter/notebook/panel/static/common/lines.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";

const MIB = 1024 * 1024;
const golden = readFileSync(new URL("golden/state.bin", import.meta.url));
// As a widget gets it: a view into a larger buffer.
const state = decode(new DataView(golden.buffer, golden.byteOffset, golden.byteLength));

test("header, parts and fill levels are there", () => {
  assert.equal(state.name, "trips 2024.parquet");
  assert.equal(state.state, "running");
  assert.deepEqual([...state.partStates], [3, 2, 1, 4, 1, 5, 0]);
  assert.deepEqual([...state.fills.keys()], [3, 5]);
  assert.ok(Math.abs(state.fills.get(3) - 0.5) < 0.01);
});

test("parts are counted by state", () => {
  assert.deepEqual(countStates(state.partStates), [1, 2, 1, 1, 1, 1]);
});

test("a part is known without asking, the last one with its own length", () => {
  assert.deepEqual(partOf(state, 2), { number: 2, offset: 8 * MIB, length: 8 * MIB, code: 2, fill: null });
  assert.deepEqual(partOf(state, 7), { number: 7, offset: 48 * MIB, length: 2 * MIB, code: 0, fill: null });
});

test("without its kernel nothing moves, and what was on the wire counts no longer", () => {
  const stopped = stoppedState(state);
  assert.deepEqual([...stopped.partStates], [3, 2, 0, 0, 0, 5, 0]);
  assert.deepEqual([stopped.state, stopped.moving, stopped.can.length, stopped.fills.size], ["stopped", false, 0, 0]);
  const words = mainLine(stopped, sayIn("en"));
  assert.match(words, /^32 % · 16 of 50 MiB in OSS$/);
  assert.equal(stoppedState({ ...state, state: "failed" }).state, "failed");
});

test("nothing yet is no state", () => {
  assert.equal(decode(null), null);
  assert.equal(decode(new DataView(new ArrayBuffer(0))), null);
});
