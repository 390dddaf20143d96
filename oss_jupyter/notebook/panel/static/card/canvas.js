// The canvas of the map, on which only the places that changed are drawn again.

import { drawPlace, looksOf } from "./drawing.js";
import { boxOf, layOut } from "./grid.js";

// `colours()` returns a colour for each kind; `onLayout()` is called when the places lie elsewhere.
export function createPainter(canvas, colours, onLayout) {
  let layout = null;
  let ratio = 0;
  let drawn = null; // how each place looks now
  let palette = null;

  function draw(places, width) {
    const newRatio = window.devicePixelRatio || 1;
    if (layout?.width !== width || layout.count !== places.count || ratio !== newRatio) setUp(places.count, width, newRatio);
    palette ??= colours();
    const context = canvas.getContext("2d");
    for (let number = 1; number <= places.count; number += 1) {
      const looks = looksOf(places, number);
      if (drawn[number] === looks) continue;
      drawn[number] = looks;
      drawPlace(context, boxOf(layout, number, ratio), places, number, palette, ratio);
    }
  }

  function setUp(count, width, newRatio) {
    layout = layOut(count, width);
    ratio = newRatio;
    drawn = new Int32Array(count + 1).fill(-1);
    canvas.style.height = `${layout.height}px`;
    canvas.width = Math.round(layout.width * ratio);
    canvas.height = Math.round(layout.height * ratio);
    onLayout();
  }

  // The colours have changed, and with them everything.
  function forget() {
    palette = null;
    drawn?.fill(-1);
  }

  return { draw, forget, layout: () => layout };
}
