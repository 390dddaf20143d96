// The canvas of the part map, on which only the parts that changed are drawn again.

import { drawPart, looksOf } from "./drawing.js";
import { boxOf, layOut } from "./grid.js";

// `colours()` returns a colour for each part state; `onLayout()` is called when the parts lie elsewhere.
export function createPainter(canvas, colours, onLayout) {
  let layout = null;
  let ratio = 0;
  let drawn = null; // how each part looks now
  let palette = null;

  function draw(state, width) {
    const newRatio = window.devicePixelRatio || 1;
    if (layout?.width !== width || layout.parts !== state.parts || ratio !== newRatio) setUp(state.parts, width, newRatio);
    palette ??= colours();
    const context = canvas.getContext("2d");
    for (let number = 1; number <= state.parts; number += 1) {
      const looks = looksOf(state, number);
      if (drawn[number] === looks) continue;
      drawn[number] = looks;
      drawPart(context, boxOf(layout, number, ratio), state, number, palette, ratio);
    }
  }

  function setUp(parts, width, newRatio) {
    layout = layOut(parts, width);
    ratio = newRatio;
    drawn = new Int32Array(parts + 1).fill(-1);
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
