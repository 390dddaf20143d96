// What went wrong, in four lines with the cell to run; and, elsewhere on a card, what else there is to say.

import { createCopyButton } from "./copybutton.js";
import { make, setShown } from "./dom.js";
import { codeLine } from "./lines.js";

export function createTrouble(say) {
  const element = make("div", "ossj-error");
  const lines = make("div", "ossj-error-lines");
  const copy = createCopyButton(say, "", say("copy_error"), () => text);
  element.append(lines, copy);
  let text = "";

  function update(state) {
    // The files that failed stand in a list of their own.
    const error = state.failures?.length && state.state === "completed_with_errors" ? null : state.error;
    setShown(element, error !== null);
    const newText = error ? [...error, state.cell].filter(Boolean).join("\n") : "";
    if (newText !== text) lines.replaceChildren(...(error ? errorLines(state, say) : []));
    text = newText;
  }

  return { element, update };
}

export function createRemarks(say) {
  const element = make("ul", "ossj-notes");
  let shown = "";

  function update(state) {
    const all = [...state.notes, ...(state.detached ? [say("goes_on_detached")] : [])];
    const text = all.join("\n");
    if (text !== shown) element.replaceChildren(...all.map((note) => make("li", "", note)));
    shown = text;
    setShown(element, text !== "");
  }

  return { element, update };
}

function errorLines(state, say) {
  const [what, safe, advice, code] = state.error;
  const todo = make("div", "ossj-advice", advice);
  if (state.cell) todo.append(" ", make("span", "ossj-muted", `${say("run_cell")}:`), " ", make("code", "", state.cell));
  return [make("div", "ossj-what", what), ...(safe ? [make("div", "", safe)] : []), todo, codeRow(code, say)];
}

function codeRow(code, say) {
  const row = make("div", "ossj-code");
  codeLine(code).forEach(({ text, link }, index) => {
    if (index) row.append(" · ");
    row.append(link ? adviceLink(text, say) : text);
  });
  return row;
}

function adviceLink(url, say) {
  const link = make("a", "", say("advice_link"));
  return Object.assign(link, { href: url, target: "_blank", rel: "noopener noreferrer", title: url });
}
