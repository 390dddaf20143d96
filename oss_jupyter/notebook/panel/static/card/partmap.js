// The part map: which part stands where, at a glance, and each one's story under the mouse or the arrow keys.

import { createPainter } from "./canvas.js";
import { createChoice, createPointer, tellAloud } from "./choice.js";
import { make, setAttribute } from "../common/dom.js";
import { formatCount } from "../common/format.js";
import { partAfterKey, partAt } from "./grid.js";

// `colours()` returns a colour for each part state; `ask(number)` a promise of what the kernel knows of a part, or null.
export function createPartMap(say, colours, ask) {
  const element = make("div", "ossj-map");
  const canvas = makeSlider();
  const pointer = createPointer(say);
  const choice = createChoice(ask, tell);
  const painter = createPainter(canvas, colours, placeCursor);
  element.append(canvas, ...pointer.elements);
  let state = null;
  let width = 0; // told by an observer: asking for it would make the page work out its layout at every update

  function draw() {
    if (state && width) painter.draw(state, width);
  }

  function placeCursor() {
    pointer.place(choice.now, painter.layout());
  }

  function tell() {
    placeCursor();
    tellAloud(canvas, choice.now, pointer.tell(choice.now, state, painter.layout()));
  }

  function update(newState) {
    state = newState;
    setAttribute(canvas, "aria-label", say("map", { parts: formatCount(state.parts) }));
    setAttribute(canvas, "aria-valuemax", state.parts);
    if (!canvas.hasAttribute("aria-valuenow")) {
      canvas.setAttribute("aria-valuenow", "1");
      canvas.setAttribute("aria-valuetext", say("part_of", { number: 1, parts: formatCount(state.parts) }));
    }
    draw();
    choice.update(state);
  }

  function recolour() {
    painter.forget();
    draw();
  }

  listen(canvas, choice, painter.layout);
  const resizes = new ResizeObserver((entries) => {
    width = entries[entries.length - 1].contentRect.width;
    draw();
  });
  resizes.observe(element);
  return { element, update, recolour, close: () => resizes.disconnect() };
}

// A slider is what screen readers give the arrow keys to, and whose value they read out by themselves.
function makeSlider() {
  const canvas = make("canvas", "ossj-canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "slider");
  canvas.setAttribute("aria-orientation", "horizontal");
  canvas.setAttribute("aria-valuemin", "1");
  return canvas;
}

function listen(canvas, choice, layoutNow) {
  const lastByKeyboard = () => Number(canvas.getAttribute("aria-valuenow"));
  canvas.addEventListener("pointermove", (event) => {
    const layout = layoutNow();
    if (layout) choice.choose(partAt(layout, event.offsetX, event.offsetY));
  });
  canvas.addEventListener("pointerleave", () => choice.choose(null));
  canvas.addEventListener("focus", () => {
    if (layoutNow() && canvas.matches(":focus-visible")) choice.choose(lastByKeyboard(), true);
  });
  canvas.addEventListener("blur", () => choice.choose(null));
  canvas.addEventListener("keydown", (event) => {
    const layout = layoutNow();
    if (!layout) return;
    if (event.key === "Escape") return choice.choose(null);
    const number = partAfterKey(layout, choice.now.number ?? lastByKeyboard(), event.key);
    if (number === null) return;
    event.preventDefault(); // or the notebook would scroll
    choice.choose(number, true);
  });
}
