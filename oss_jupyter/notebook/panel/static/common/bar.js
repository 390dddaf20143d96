// One bar in three tones and the lines under it.

import { make, setAttribute, setShown, setText } from "./dom.js";
import { percent } from "./format.js";
import { barShares, keptLine, mainLine } from "./lines.js";

// `curve` may draw the speed beside them.
export function createBar(say, curve = null) {
  const element = make("div", "ossj-progress");
  const track = make("div", "ossj-bar");
  track.setAttribute("role", "progressbar");
  track.setAttribute("aria-label", say("progress"));
  track.setAttribute("aria-valuemin", "0");
  track.setAttribute("aria-valuemax", "100");
  const tones = { kept: make("div", "ossj-kept"), confirmed: make("div", "ossj-done"), flying: make("div", "ossj-wire") };
  tones.failed = make("div", "ossj-lost");
  track.append(...Object.values(tones));
  const line = make("div", "ossj-line");
  const kept = make("div", "ossj-line ossj-muted");
  const words = make("div", "ossj-words");
  words.append(line, ...(curve ? [curve.element] : []));
  element.append(track, words, kept);

  function update(state) {
    const shares = barShares(state);
    for (const [name, tone] of Object.entries(tones)) tone.style.width = `${100 * shares[name]}%`;
    tones.flying.classList.toggle("ossj-again", !state.moving && state.state !== "completed");
    const text = mainLine(state, say);
    setShown(track, !state.parts_gone && !state.open_ended); // a bar would say how much of all there is
    setAttribute(track, "aria-valuenow", percent(state.fraction));
    setAttribute(track, "aria-valuetext", text);
    setText(line, text);
    curve?.update(state);
    const keptWords = keptLine(state, say);
    setText(kept, keptWords);
    setShown(kept, keptWords !== "");
  }

  return { element, update };
}
