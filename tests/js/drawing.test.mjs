// How parts look, on a canvas that only notes what is drawn.

import assert from "node:assert/strict";
import { test } from "node:test";

import { drawPlace, looksOf } from "../../oss_jupyter/notebook/panel/static/card/drawing.js";
import { cellPlaces, KINDS, partPlaces } from "../../oss_jupyter/notebook/panel/static/common/places.js";

const SQUARE = { x: 10, y: 20, width: 12, height: 12 };
const WIDE = { x: 0, y: 0, width: 100, height: 16 };
const TINY = { x: 0, y: 0, width: 2, height: 2 };

const stateOf = (name, fill = 0) => partPlaces([KINDS.indexOf(name)], [1, 0, Math.round(255 * fill)]);
const cellOf = (name, fill = 0) => cellPlaces([KINDS.indexOf(name) | (Math.round(31 * fill) << 3)], 10);

// Returns the filled rectangles as [colour, x, y, width, height], and the names of all calls.
function draw(box, state, ratio = 1) {
  const filled = [];
  const calls = [];
  const context = new Proxy(
    { fillRect: (...where) => filled.push([context.fillStyle, ...where]) },
    { get: (target, name) => target[name] ?? ((...values) => calls.push([name, ...values])) },
  );
  drawPlace(context, box, state, 1, KINDS, ratio);
  return { filled, calls: calls.map(([name]) => name) };
}

test("each state has its colour, and fills its box", () => {
  for (const name of ["waiting", "done", "kept", "retrying", "failed"]) {
    assert.deepEqual(draw(SQUARE, stateOf(name)).filled, [[name, 10, 20, 12, 12]]);
  }
});

test("a square on the wire fills from below, a wide block from the left", () => {
  assert.deepEqual(draw(SQUARE, stateOf("on_the_wire", 0.5)).filled, [
    ["waiting", 10, 20, 12, 12], ["on_the_wire", 10, 20, 12, 12], ["on_the_wire", 10, 26, 12, 6],
  ]);
  assert.deepEqual(draw(WIDE, stateOf("on_the_wire", 0.25)).filled.at(-1), ["on_the_wire", 0, 0, 25, 16]);
});

test("failed is crossed where there is room for it", () => {
  assert.ok(draw(SQUARE, stateOf("failed")).calls.includes("stroke"));
  assert.ok(!draw(TINY, stateOf("failed")).calls.includes("stroke"));
  assert.ok(!draw(SQUARE, stateOf("failed"), 2).calls.includes("stroke"), "it is six pixels of the page wide");
  assert.ok(!draw(SQUARE, stateOf("done")).calls.includes("stroke"));
});

test("a part is drawn again for another state or another fill, and for nothing else", () => {
  const looks = [stateOf("waiting"), stateOf("done"), ...[0, 0.25, 1].map((fill) => stateOf("on_the_wire", fill))];
  assert.equal(new Set(looks.map((state) => looksOf(state, 1))).size, looks.length);
  assert.equal(looksOf(stateOf("on_the_wire", 0.5), 1), looksOf(stateOf("on_the_wire", 0.5001), 1));
});

test("a cell of several files is shaded by how many are through, and one that failed shows whatever the others do", () => {
  for (const name of ["waiting", "done", "kept"]) {
    const colour = name === "waiting" ? "done" : name;
    assert.deepEqual(draw(SQUARE, cellOf(name, 0.5)).filled, [["waiting", 10, 20, 12, 12], [colour, 10, 20, 12, 12]]);
    assert.deepEqual(draw(SQUARE, cellOf(name)).filled, [["waiting", 10, 20, 12, 12]]);
  }
  assert.deepEqual(draw(SQUARE, cellOf("done", 1)).filled, [["done", 10, 20, 12, 12]]);
  assert.deepEqual(draw(SQUARE, cellOf("failed", 0.9)).filled, [["failed", 10, 20, 12, 12]]);
  assert.equal(new Set([0, 0.5, 1].map((fill) => looksOf(cellOf("done", fill), 1))).size, 3);
});
