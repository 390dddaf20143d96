// A button that puts a text on the clipboard, and says for a moment that it did.

import { copyText } from "./copy.js";
import { button, setText } from "./dom.js";

const COPIED_MS = 2000;

// `textOf()` returns the text or a promise of it, none where there is nothing to copy; `onRefused()` is called where the
// browser does not let it.
export function createCopyButton(say, className, words, textOf, onRefused = () => {}) {
  const element = button(className, words, async () => {
    const text = await textOf();
    if (!text) return;
    if (!(await copyText(text))) return onRefused();
    setText(element, say("copied"));
    setTimeout(() => setText(element, words), COPIED_MS);
  });
  return element;
}
