// The map: which part or file stands where, at a glance, and each one's story under the mouse or the arrow keys.

import { createPainter } from "./canvas.js";
import { createChoice, createPointer, tellAloud } from "./choice.js";
import { createLegend } from "./legend.js";
import { make, setAttribute } from "../common/dom.js";
import { placeAfterKey, placeAt } from "./grid.js";
import { wordsFor } from "./mapwords.js";

// `ask(number)` returns a promise of what the kernel knows of a place, or null; `open(number, detail)` is called when it
// was clicked, or Enter pressed on it.
export function createMap(say, ask, open = () => {}) {
  const element = make("div", "ossj-map-view");
  const frame = make("div", "ossj-map");
  const canvas = makeSlider();
  const legend = createLegend(say);
  const pointer = createPointer();
  const choice = createChoice(ask, tell);
  const painter = createPainter(canvas, legend.colours, placeCursor);
  frame.append(canvas, ...pointer.elements);
  element.append(frame, legend.element);
  let state = null;
  let words = null;
  let width = 0; // told by an observer: asking for it would make the page work out its layout at every update

  function draw() {
    if (state && width) painter.draw(state.places, width);
  }

  function placeCursor() {
    pointer.place(choice.now, painter.layout());
  }

  function tell() {
    placeCursor();
    tellAloud(canvas, choice.now, pointer.tell(choice.now, state, words, painter.layout()));
  }

  function update(newState) {
    state = newState;
    words = wordsFor(state, say);
    legend.update(state);
    setAttribute(canvas, "aria-label", words.label);
    setAttribute(canvas, "aria-valuemax", state.places.count);
    if (!canvas.hasAttribute("aria-valuenow")) {
      canvas.setAttribute("aria-valuenow", "1");
      canvas.setAttribute("aria-valuetext", words.first);
    }
    draw();
    choice.update(state);
  }

  function recolour() {
    painter.forget();
    draw();
  }

  listen(canvas, choice, painter.layout, open);
  const resizes = new ResizeObserver((entries) => {
    width = entries[entries.length - 1].contentRect.width;
    draw();
  });
  resizes.observe(frame);
  return { element, update, recolour, focus: () => canvas.focus(), close: () => resizes.disconnect() };
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

function listen(canvas, choice, layoutNow, open) {
  const lastByKeyboard = () => Number(canvas.getAttribute("aria-valuenow"));
  const openChosen = () => choice.now.number !== null && open(choice.now.number, choice.now.detail);
  canvas.addEventListener("click", openChosen);
  canvas.addEventListener("pointermove", (event) => {
    const layout = layoutNow();
    if (layout) choice.choose(placeAt(layout, event.offsetX, event.offsetY));
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
    if (event.key === "Enter") return openChosen();
    const number = placeAfterKey(layout, choice.now.number ?? lastByKeyboard(), event.key);
    if (number === null) return;
    event.preventDefault(); // or the notebook would scroll
    choice.choose(number, true);
  });
}
