// How a place looks on the canvas: a block in the colour of its kind, filled as far as it is sent, crossed where it failed.

import { DONE, FAILED, ON_THE_WIRE, RETRYING, WAITING } from "../common/places.js";

const ROUND_FROM_PX = 7;

// All that its looks depend on, as one number.
export function looksOf(places, number) {
  return 256 * places.kindOf(number) + Math.round(255 * places.fillOf(number));
}

// `box` in device pixels; `colours` by kind; `ratio`: device pixels of one pixel of the page.
export function drawPlace(context, box, places, number, colours, ratio) {
  const kind = places.kindOf(number);
  const fill = places.fillOf(number);
  const partial = kind === ON_THE_WIRE || (fill < 1 && kind !== FAILED && kind !== RETRYING);
  const large = Math.min(box.width, box.height) >= ROUND_FROM_PX * ratio;
  context.clearRect(box.x, box.y, box.width, box.height);
  context.save();
  if (large && context.roundRect) clipRound(context, box, ratio);
  context.fillStyle = colours[partial ? WAITING : kind];
  context.fillRect(box.x, box.y, box.width, box.height);
  if (kind === ON_THE_WIRE) drawFill(context, box, fill, colours[ON_THE_WIRE]);
  else if (partial && fill > 0) drawShade(context, box, fill, colours[kind === WAITING ? DONE : kind]);
  if (kind === FAILED && large) drawCross(context, box, ratio);
  context.restore();
}

function clipRound(context, box, ratio) {
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, 2 * ratio);
  context.clip();
}

// A wide block fills from the left, a square from below; the rest is tinted, so that an empty one differs from waiting.
function drawFill(context, box, fill, colour) {
  drawShade(context, box, 0.28, colour);
  if (box.width > 2 * box.height) context.fillRect(box.x, box.y, Math.round(box.width * fill), box.height);
  else {
    const height = Math.round(box.height * fill);
    context.fillRect(box.x, box.y + box.height - height, box.width, height);
  }
}

// Of several files some are through, and nobody is at the others.
function drawShade(context, box, share, colour) {
  context.fillStyle = colour;
  context.globalAlpha = share;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.globalAlpha = 1;
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
