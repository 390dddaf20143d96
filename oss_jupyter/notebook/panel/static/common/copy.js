// Putting a text on the clipboard; returns a promise of whether it is there. Nothing of it stays on the page.

import { make } from "./dom.js";

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // the clipboard is closed to pages that did not come over https
  }
}

function copyBySelection(text) {
  const area = Object.assign(make("textarea"), { value: text });
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return done;
}
