// Completes a target: buckets, then folders and keys, one level at a time, as far as the kernel knows them.

import { make } from "../notebook/panel/static/common/dom.js";

const COMPLETE_AFTER_MS = 120;
// What the service has not answered yet is there a moment later.
const AGAIN_AFTER_MS = 400;

// `ask(text)` returns a promise of a reply with `targets`.
export function createTargetCompletions(input, ask) {
  const element = make("datalist");
  element.id = "ossj-lab-targets";
  input.setAttribute("list", element.id);
  let timer = 0;

  async function complete(again) {
    const text = input.value;
    const reply = await ask(text).catch(() => ({}));
    if (text !== input.value || !reply.targets) return;
    element.replaceChildren(...reply.targets.map((value) => Object.assign(make("option"), { value })));
    if (!reply.targets.length && again) plan(AGAIN_AFTER_MS, false);
  }

  function plan(wait, again) {
    clearTimeout(timer);
    timer = setTimeout(complete, wait, again);
  }

  input.addEventListener("input", () => plan(COMPLETE_AFTER_MS, true));
  input.addEventListener("focus", () => plan(0, true));
  return element;
}
