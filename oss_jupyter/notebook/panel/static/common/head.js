// What goes where, how large it is, and how it stands in a word.

import { make, makeMiddle, setAttribute, setText } from "./dom.js";
import { formatSize } from "./format.js";
import { isSilent, statusWord } from "./lines.js";

export function createHead(say) {
  const element = make("div", "ossj-head");
  const way = make("div", "ossj-way");
  const name = makeMiddle("ossj-name");
  const url = makeMiddle("ossj-url");
  const goal = make("span", "ossj-goal");
  const size = make("span", "ossj-size");
  const status = make("span", "ossj-status");
  goal.append(make("span", "ossj-arrow", "→"), url.element);
  way.append(name.element, goal);
  element.append(way, size, status);

  function update(state) {
    name.set(state.name);
    setAttribute(name.element, "title", state.source);
    url.set(state.url);
    const total = formatSize(state.total);
    const growing = state.files?.scanning || state.open_ended;
    setText(size, growing ? (state.total ? say("at_least", { size: total }) : "") : total);
    setText(status, statusWord(state, say));
    setAttribute(status, "data-state", isSilent(state) ? "retrying" : state.state);
  }

  return { element, update };
}
