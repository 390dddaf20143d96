// The part states in words with their counts. Its swatches are also where the map gets its colours from: so they are
// always the same, and the style alone decides them in every theme.

import { make, setShown, setText } from "../common/dom.js";
import { formatCount } from "../common/format.js";
import { PART_STATES, countStates } from "../common/state.js";

// In the order in which a part lives, with what is finished first.
const ORDER = ["kept", "done", "on_the_wire", "retrying", "failed", "waiting"];

export function createLegend(say) {
  const element = make("ul", "ossj-legend");
  const swatches = {};
  const rows = ORDER.map((name) => {
    const row = make("li");
    const swatch = (swatches[name] = make("span", `ossj-swatch ossj-part-${name}`));
    const count = make("span", "ossj-count");
    row.append(swatch, make("span", "", `${say(`part_${name}`)} `), count);
    element.append(row);
    return { name, row, count };
  });

  function update(state) {
    const counts = countStates(state.partStates);
    for (const { name, row, count } of rows) {
      const value = counts[PART_STATES.indexOf(name)];
      setText(count, formatCount(value));
      setShown(row, value > 0);
    }
  }

  // Colours by part state, as the browser has worked them out.
  function colours() {
    return PART_STATES.map((name) => {
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
