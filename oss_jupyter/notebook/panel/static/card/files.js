// What a dataset's card has below its bar: all its files, or in their place the part map of a large one that was opened.

import { createFailures } from "./failures.js";
import { createFind } from "./find.js";
import { createMap } from "./map.js";
import { createParts } from "./parts.js";
import { createWire } from "./wire.js";
import { make, setShown } from "../common/dom.js";
import { hasMap } from "../common/lines.js";

// `ask(command, args)` returns a promise of the kernel's reply; `isLive()` tells whether there is one to ask.
export function createFiles(say, ask, isLive) {
  const element = make("div", "ossj-dataset");
  const all = createAllFiles(say, ask, isLive, open);
  const parts = createParts(say, back);
  element.append(all.element, parts.element);
  parts.element.hidden = true;
  let shown = ""; // the file whose parts the kernel sends
  let left = ""; // it, from when it was closed here until the kernel has heard of it

  function open(file) {
    left = "";
    ask("open_part_map", { file });
  }

  function back() {
    left = shown;
    ask("open_part_map", {});
    showParts(false);
  }

  function showParts(wanted) {
    if (parts.element.hidden !== wanted) return;
    const focused = element.contains(document.activeElement);
    setShown(parts.element, wanted);
    setShown(all.element, !wanted);
    if (focused) (wanted ? parts : all).focus();
  }

  // `child`: how the file stands whose parts are looked at, or null.
  function update(state, child) {
    shown = child?.id ?? "";
    if (shown !== left) left = "";
    all.update(state);
    if (child) parts.update(child);
    showParts(shown !== "" && shown !== left);
  }

  const views = [all, parts];
  return {
    element,
    update,
    recolour: () => views.forEach((view) => view.recolour()),
    close: () => views.forEach((view) => view.close()),
  };
}

// The map of all files, a search, what is on the wire, what failed. `open(transferId)` opens the part map of one.
function createAllFiles(say, ask, isLive, open) {
  const element = make("div");
  const map = createMap(say, askPlace, openPlace);
  const find = createFind(say, (text) => ask("find_file", { text }), open);
  const wire = createWire(say, open);
  const failures = createFailures(say);
  element.append(map.element, find.element, wire.element, failures.element);

  async function askPlace(number) {
    const reply = await ask("cell_files", { number });
    return reply.status === "ok" ? reply : null;
  }

  async function openPlace(number, known) {
    const detail = known ?? (await askPlace(number));
    const file = detail?.files.find(({ transfer_id: id }) => id);
    if (file) open(file.transfer_id);
  }

  function update(state) {
    for (const view of [map, find, wire, failures]) view.update(state);
    setShown(map.element, hasMap(state));
    setShown(find.element, isLive() && state.files.total > 1);
  }

  function close() {
    map.close();
    find.close();
  }

  return { element, update, close, recolour: map.recolour, focus: map.focus };
}
