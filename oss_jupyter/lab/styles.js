// The look of card and desk, and of what JupyterLab adds.

import { make } from "../notebook/panel/static/common/dom.js";

const STYLES = ["../notebook/panel/static/card/card.css", "../notebook/panel/static/desk/desk.css", "lab.css"];

// Adds the styles of card and desk once.
export function addStyles() {
  if (document.querySelector("link.ossj-lab-style")) return;
  for (const style of STYLES) {
    const href = new URL(style, import.meta.url).href;
    document.head.append(Object.assign(make("link", "ossj-lab-style"), { rel: "stylesheet", href }));
  }
}
