// The part map: one canvas, on which only the parts that changed are drawn again.

import { make, setAttribute } from "../common/dom.js";
import { formatCount } from "../common/format.js";
import { boxOf, layOut, partAfterKey, partAt } from "./grid.js";
import { partLine } from "../common/lines.js";
import { FAILED, ON_THE_WIRE, partOf } from "../common/state.js";

// A hand that sweeps over the map asks about the parts it rests on, not about all of them.
const ASK_AFTER_MS = 120;
const ASK_AGAIN_MS = 1000;
const ROUND_FROM_PX = 7;

// `colours()` returns a colour for each part state; `ask(number)` a promise of what the kernel knows of a part, or null.
export function createPartMap(say, colours, ask) {
  const element = make("div", "ossj-map");
  const canvas = make("canvas", "ossj-canvas");
  const cursor = make("div", "ossj-cursor");
  const tip = make("div", "ossj-tip");
  cursor.hidden = tip.hidden = true;
  cursor.setAttribute("aria-hidden", "true");
  tip.setAttribute("aria-hidden", "true"); // the canvas says the same as its value
  canvas.tabIndex = 0;
  // A slider is what screen readers give the arrow keys to, and whose value they read out by themselves.
  canvas.setAttribute("role", "slider");
  canvas.setAttribute("aria-orientation", "horizontal");
  canvas.setAttribute("aria-valuemin", "1");
  element.append(canvas, cursor, tip);

  const painted = { layout: null, ratio: 0, keys: null, colours: null };
  const chosen = { number: null, byKeyboard: false, detail: null, timer: 0 };
  let state = null;
  let width = 0; // told by an observer: asking for it would make the page work out its layout at every update

  function draw() {
    if (!state || !width) return;
    const ratio = window.devicePixelRatio || 1;
    const before = painted.layout;
    if (!before || before.width !== width || before.parts !== state.parts || painted.ratio !== ratio) {
      setUp(ratio);
    }
    painted.colours ??= colours();
    const context = canvas.getContext("2d");
    for (let number = 1; number <= state.parts; number += 1) {
      const key = keyOf(number);
      if (painted.keys[number] === key) continue;
      painted.keys[number] = key;
      drawPart(context, number);
    }
  }

  function setUp(ratio) {
    const layout = (painted.layout = layOut(state.parts, width));
    painted.ratio = ratio;
    painted.keys = new Int32Array(state.parts + 1).fill(-1);
    canvas.style.height = `${layout.height}px`;
    canvas.width = Math.round(layout.width * ratio);
    canvas.height = Math.round(layout.height * ratio);
    placeCursor();
  }

  // All that a part's looks depend on, as one number.
  function keyOf(number) {
    const code = state.partStates[number - 1];
    return code === ON_THE_WIRE ? 256 + Math.round(255 * (state.fills.get(number) ?? 0)) : code;
  }

  function drawPart(context, number) {
    const box = boxOf(painted.layout, number, painted.ratio);
    const code = state.partStates[number - 1];
    context.clearRect(box.x, box.y, box.width, box.height);
    context.save();
    clipRound(context, box);
    context.fillStyle = painted.colours[code === ON_THE_WIRE ? 0 : code];
    context.fillRect(box.x, box.y, box.width, box.height);
    if (code === ON_THE_WIRE) drawFill(context, box, state.fills.get(number) ?? 0);
    if (code === FAILED) drawCross(context, box);
    context.restore();
  }

  function clipRound(context, box) {
    if (Math.min(box.width, box.height) < ROUND_FROM_PX * painted.ratio || !context.roundRect) return;
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, 2 * painted.ratio);
    context.clip();
  }

  // A wide block fills from the left, a square from below; the rest is tinted, so that an empty one differs from waiting.
  function drawFill(context, box, fill) {
    context.fillStyle = painted.colours[ON_THE_WIRE];
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
  function drawCross(context, box) {
    if (Math.min(box.width, box.height) < ROUND_FROM_PX * painted.ratio) return;
    const inset = Math.round(Math.min(box.width, box.height) * 0.3);
    const side = Math.min(box.width, box.height) - 2 * inset;
    const x = box.x + (box.width - side) / 2;
    const y = box.y + (box.height - side) / 2;
    context.strokeStyle = "#fff";
    context.lineWidth = 1.5 * painted.ratio;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + side, y + side);
    context.moveTo(x + side, y);
    context.lineTo(x, y + side);
    context.stroke();
  }

  function choose(number, byKeyboard) {
    if (chosen.number === number) return;
    clearTimeout(chosen.timer);
    Object.assign(chosen, { number, byKeyboard, detail: null });
    placeCursor();
    tell();
    if (number !== null) chosen.timer = setTimeout(askAgain, ASK_AFTER_MS);
  }

  async function askAgain() {
    const { number } = chosen;
    const detail = await ask(number);
    if (chosen.number !== number) return;
    chosen.detail = detail;
    tell();
    // Only what is on the wire changes while one looks at it.
    if (state.partStates[number - 1] === ON_THE_WIRE) chosen.timer = setTimeout(askAgain, ASK_AGAIN_MS);
  }

  function tell() {
    tip.hidden = chosen.number === null;
    if (chosen.number === null || !state || chosen.number > state.parts) return;
    const line = partLine(partOf(state, chosen.number), chosen.detail, say);
    const number = say("part", { number: formatCount(chosen.number) });
    if (tip.textContent !== number + line) tip.replaceChildren(make("b", "", number), make("span", "", line));
    placeTip();
    // Told to a screen reader only for the part that its user chose: a mouse moving about would flood it.
    if (chosen.byKeyboard) {
      setAttribute(canvas, "aria-valuenow", chosen.number);
      setAttribute(canvas, "aria-valuetext", `${number}: ${line}`);
    }
  }

  function placeCursor() {
    cursor.hidden = chosen.number === null || !painted.layout || chosen.number > painted.layout.parts;
    if (cursor.hidden) return;
    const box = boxOf(painted.layout, chosen.number);
    const { style } = cursor;
    [style.left, style.top] = [`${box.x - 2}px`, `${box.y - 2}px`];
    [style.width, style.height] = [`${box.width + 4}px`, `${box.height + 4}px`];
  }

  // Under the part, and moved left where it would leave the card.
  function placeTip() {
    const box = boxOf(painted.layout, chosen.number);
    tip.style.top = `${box.y + box.height + 8}px`;
    tip.style.left = "0";
    const room = width - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(room, box.x + box.width / 2 - tip.offsetWidth / 2))}px`;
  }

  canvas.addEventListener("pointermove", (event) => {
    if (painted.layout) choose(partAt(painted.layout, event.offsetX, event.offsetY), false);
  });
  canvas.addEventListener("pointerleave", () => choose(null, false));
  canvas.addEventListener("focus", () => {
    if (state && canvas.matches(":focus-visible")) choose(Number(canvas.getAttribute("aria-valuenow")), true);
  });
  canvas.addEventListener("blur", () => choose(null, false));
  canvas.addEventListener("keydown", (event) => {
    if (!painted.layout) return;
    if (event.key === "Escape") return choose(null, false);
    const from = chosen.number ?? Number(canvas.getAttribute("aria-valuenow"));
    const number = partAfterKey(painted.layout, from, event.key);
    if (number === null) return;
    event.preventDefault(); // or the notebook would scroll
    choose(number, true);
  });

  function update(newState) {
    state = newState;
    setAttribute(canvas, "aria-label", say("map", { parts: formatCount(state.parts) }));
    setAttribute(canvas, "aria-valuemax", state.parts);
    if (!canvas.hasAttribute("aria-valuenow")) {
      canvas.setAttribute("aria-valuenow", "1");
      canvas.setAttribute("aria-valuetext", say("part_of", { number: 1, parts: formatCount(state.parts) }));
    }
    draw();
    if (chosen.number !== null) tell();
  }

  function recolour() {
    painted.colours = null;
    painted.keys?.fill(-1);
    draw();
  }

  const resizes = new ResizeObserver((entries) => {
    width = entries[entries.length - 1].contentRect.width;
    draw();
  });
  resizes.observe(element);

  return { element, update, recolour, close: () => resizes.disconnect() };
}
