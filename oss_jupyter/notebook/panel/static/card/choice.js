// The place that is pointed at: a frame around it and what is known of it. The kernel is asked for what the page cannot know.

import { make, setAttribute } from "../common/dom.js";
import { boxOf } from "./grid.js";
import { ON_THE_WIRE } from "../common/places.js";

// A hand that sweeps over the map asks about the places it rests on, not about all of them.
export const ASK_AFTER_MS = 120;
const ASK_AGAIN_MS = 1000;

// `ask(number)` returns a promise of what the kernel knows of a place, or null; `onTold()` is called after a change.
export function createChoice(ask, onTold) {
  const now = { number: null, byKeyboard: false, detail: null };
  let state = null;
  let timer = 0;

  function choose(number, byKeyboard = false) {
    if (now.number === number) return;
    clearTimeout(timer);
    Object.assign(now, { number, byKeyboard, detail: null });
    onTold();
    if (number !== null) timer = setTimeout(askAgain, ASK_AFTER_MS);
  }

  async function askAgain() {
    const { number } = now;
    const detail = await ask(number);
    if (now.number !== number) return;
    now.detail = detail;
    onTold();
    // Only what is on the wire changes while one looks at it.
    if (state.places.kindOf(number) === ON_THE_WIRE) timer = setTimeout(askAgain, ASK_AGAIN_MS);
  }

  function update(newState) {
    state = newState;
    if (now.number !== null) onTold();
  }

  return { now, choose, update };
}

// Frame and words of the chosen place. They lie above the canvas, which tells a screen reader the same as its value.
export function createPointer() {
  const cursor = make("div", "ossj-cursor");
  const tip = make("div", "ossj-tip");
  cursor.hidden = tip.hidden = true;
  cursor.setAttribute("aria-hidden", "true");
  tip.setAttribute("aria-hidden", "true");

  // Returns what is said of the place, or "" where there is nothing to say; `words` are those of its map.
  function tell({ number, detail }, state, words, layout) {
    tip.hidden = number === null;
    if (number === null || !state || number > state.places.count) return "";
    const line = words.line(number, detail);
    const name = words.name(number);
    if (tip.textContent !== name + line) tip.replaceChildren(make("b", "", name), make("span", "", line));
    placeTip(boxOf(layout, number), layout.width);
    return `${name}: ${line}`;
  }

  function place({ number }, layout) {
    cursor.hidden = number === null || !layout || number > layout.count;
    if (cursor.hidden) return;
    const box = boxOf(layout, number);
    const { style } = cursor;
    [style.left, style.top] = [`${box.x - 2}px`, `${box.y - 2}px`];
    [style.width, style.height] = [`${box.width + 4}px`, `${box.height + 4}px`];
  }

  // Under the place, and moved left where it would leave the card.
  function placeTip(box, width) {
    tip.style.top = `${box.y + box.height + 8}px`;
    tip.style.left = "0";
    const room = width - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(room, box.x + box.width / 2 - tip.offsetWidth / 2))}px`;
  }

  return { elements: [cursor, tip], tell, place };
}

// Says the same to a screen reader, only for the place that its user chose: a mouse moving about would flood it.
export function tellAloud(canvas, { number, byKeyboard }, words) {
  if (!byKeyboard || !words) return;
  setAttribute(canvas, "aria-valuenow", number);
  setAttribute(canvas, "aria-valuetext", words);
}
