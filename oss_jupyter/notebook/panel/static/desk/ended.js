// One upload that has ended: what went where, when and how, and what can still be had of it.

import { createCopyButton } from "../common/copybutton.js";
import { button, make, setAttribute, setShown } from "../common/dom.js";
import { createHead } from "../common/head.js";
import { endedLine, isThere } from "./endedlines.js";

// `readBack(entry)` returns a promise of a cell, none where it was refused and said so; `tell(text)` says what went wrong;
// `again(entry)` fills the form.
export function createEnded(entry, say, readBack, tell, again) {
  const element = make("li", "ossj-ended");
  element.setAttribute("aria-label", `${entry.name} → ${entry.url}`);
  const head = createHead(say);
  head.update({ name: entry.name, source: entry.source, url: entry.url, total: entry.size, state: entry.outcome });
  const line = make("div", "ossj-line ossj-muted", endedLine(entry, say));
  setAttribute(line, "title", entry.ended);
  const refused = () => tell(say("copy_refused_here"));
  const copy = createCopyButton(say, "ossj-quiet", say("copy_address"), () => entry.url, refused);
  const back = createCopyButton(say, "ossj-quiet", say("read_back"), () => readBack(entry), refused);
  const repeat = button("ossj-quiet", say("upload_again"), () => again(entry));
  setAttribute(repeat, "title", say("upload_again_hint"));
  for (const one of [copy, back]) setShown(one, isThere(entry));
  setShown(repeat, entry.again);
  const buttons = make("div", "ossj-buttons");
  buttons.append(copy, back, repeat);
  element.append(head.element, line, buttons);
  return element;
}
