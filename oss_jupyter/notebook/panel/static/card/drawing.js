// How a part looks on the canvas: a block in the colour of its state, filled as far as it is sent, crossed where it failed.

import { FAILED, ON_THE_WIRE } from "../common/state.js";

const ROUND_FROM_PX = 7;

// All that a part's looks depend on, as one number.
export function looksOf(state, number) {
  const code = state.partStates[number - 1];
  return code === ON_THE_WIRE ? 256 + Math.round(255 * fillOf(state, number)) : code;
}

// `box` in device pixels; `colours` by part state; `ratio`: device pixels of one pixel of the page.
export function drawPart(context, box, state, number, colours, ratio) {
  const code = state.partStates[number - 1];
  const large = Math.min(box.width, box.height) >= ROUND_FROM_PX * ratio;
  context.clearRect(box.x, box.y, box.width, box.height);
  context.save();
  if (large && context.roundRect) clipRound(context, box, ratio);
  context.fillStyle = colours[code === ON_THE_WIRE ? 0 : code];
  context.fillRect(box.x, box.y, box.width, box.height);
  if (code === ON_THE_WIRE) drawFill(context, box, fillOf(state, number), colours[ON_THE_WIRE]);
  if (code === FAILED && large) drawCross(context, box, ratio);
  context.restore();
}

function fillOf(state, number) {
  return state.fills.get(number) ?? 0;
}

function clipRound(context, box, ratio) {
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, 2 * ratio);
  context.clip();
}

// A wide block fills from the left, a square from below; the rest is tinted, so that an empty one differs from waiting.
function drawFill(context, box, fill, colour) {
  context.fillStyle = colour;
  context.globalAlpha = 0.28;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.globalAlpha = 1;
  if (box.width > 2 * box.height) context.fillRect(box.x, box.y, Math.round(box.width * fill), box.height);
  else {
    const height = Math.round(box.height * fill);
    context.fillRect(box.x, box.y + box.height - height, box.width, height);
  }
}

// Failed is not told by its colour alone.
function drawCross(context, box, ratio) {
  const inset = Math.round(Math.min(box.width, box.height) * 0.3);
  const side = Math.min(box.width, box.height) - 2 * inset;
  const x = box.x + (box.width - side) / 2;
  const y = box.y + (box.height - side) / 2;
  context.strokeStyle = "#fff";
  context.lineWidth = 1.5 * ratio;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + side, y + side);
  context.moveTo(x + side, y);
  context.lineTo(x, y + side);
  context.stroke();
}
