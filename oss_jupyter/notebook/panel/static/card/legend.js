// The kinds of places in words with their counts. Its swatches are also where the map gets its colours from: so they are
// always the same, and the style alone decides them in every theme.

import { countsOf, kindWord } from "./mapwords.js";
import { make, setShown, setText } from "../common/dom.js";
import { formatCount } from "../common/format.js";
import { KINDS } from "../common/places.js";

// In the order in which a part lives, with what is finished first.
const ORDER = ["kept", "done", "on_the_wire", "retrying", "failed", "waiting"];

export function createLegend(say) {
  const element = make("ul", "ossj-legend");
  const swatches = {};
  const rows = ORDER.map((name) => {
    const row = make("li");
    const swatch = (swatches[name] = make("span", `ossj-swatch ossj-part-${name}`));
    const word = make("span");
    const count = make("span", "ossj-count");
    row.append(swatch, word, " ", count);
    element.append(row);
    return { kind: KINDS.indexOf(name), row, word, count };
  });

  function update(state) {
    const counts = countsOf(state);
    for (const { kind, row, word, count } of rows) {
      setText(word, kindWord(kind, Boolean(state.files), say));
      setText(count, counts[kind] === null ? "" : formatCount(counts[kind]));
      setShown(row, counts[kind] !== 0);
    }
  }

  // Colours by kind, as the browser has worked them out.
  function colours() {
    return KINDS.map((name) => {
      const row = swatches[name].parentElement;
      const hidden = row.hidden;
      row.hidden = false; // a hidden element has its colour too, but not in every browser
      const colour = getComputedStyle(swatches[name]).backgroundColor;
      row.hidden = hidden;
      return colour;
    });
  }

  return { element, update, colours };
}
