// The geometry of the map, from one part to ten thousand and from narrow to wide.

import assert from "node:assert/strict";
import { test } from "node:test";

import { boxOf, layOut, placeAfterKey, placeAt } from "../../oss_jupyter/notebook/panel/static/card/grid.js";

const COUNTS = [1, 2, 3, 7, 15, 16, 17, 43, 44, 100, 120, 999, 1000, 1024, 2500, 5000, 9999, 10000];
const WIDTHS = [240, 288, 500, 686, 1200];

for (const width of WIDTHS) {
  test(`every place has a place of its own, ${width} px wide`, () => {
    for (const parts of COUNTS) {
      const layout = layOut(parts, width);
      assert.ok(layout.height <= 200, `${parts} parts are ${layout.height} px high`);
      assert.ok(layout.columns * layout.rows >= parts);
      assert.ok(layout.columns * (layout.rows - 1) < parts, "no empty row");
      for (const number of [1, Math.ceil(parts / 2), parts]) {
        const box = boxOf(layout, number);
        assert.ok(box.x >= 0 && box.x + box.width <= width && box.y + box.height <= layout.height);
        assert.ok(box.width >= 1 && box.height >= 1);
        assert.equal(placeAt(layout, box.x + box.width / 2, box.y + box.height / 2), number);
      }
    }
  });
}

test("boxes do not overlap, also on screens with fractions of pixels", () => {
  for (const ratio of [1, 1.25, 1.5, 2, 3]) {
    for (const parts of [15, 120, 1000, 10000]) {
      const layout = layOut(parts, 686);
      for (let number = 1; number < Math.min(parts, 400); number += 1) {
        const [left, right] = [boxOf(layout, number, ratio), boxOf(layout, number + 1, ratio)];
        if (left.y === right.y) assert.ok(left.x + left.width <= right.x);
      }
    }
  }
});

test("few places are one row of wide blocks", () => {
  const layout = layOut(12, 686);
  assert.deepEqual([layout.columns, layout.rows], [12, 1]);
  assert.ok(boxOf(layout, 1).width > 50);
});

test("outside the map there is no place", () => {
  const layout = layOut(17, 240);
  assert.equal(placeAt(layout, -1, 0), null);
  assert.equal(placeAt(layout, 240, 0), null);
  assert.equal(placeAt(layout, 239, layout.height - 1), layout.columns * layout.rows === 17 ? 17 : null);
});

test("keys lead to neighbours and stay inside", () => {
  const layout = layOut(1000, 686);
  assert.equal(placeAfterKey(layout, 1, "ArrowLeft"), 1);
  assert.equal(placeAfterKey(layout, 1, "ArrowRight"), 2);
  assert.equal(placeAfterKey(layout, 1, "ArrowDown"), 1 + layout.columns);
  assert.equal(placeAfterKey(layout, 5, "End"), 1000);
  assert.equal(placeAfterKey(layout, 900, "Home"), 1);
  assert.equal(placeAfterKey(layout, 5, "PageDown"), 5 + 10 * layout.columns);
  assert.equal(placeAfterKey(layout, 5, "a"), null);
});
