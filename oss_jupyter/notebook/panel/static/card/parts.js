// The part map of one large file of a dataset, in the place of the map of all its files.

import { button, make, makeMiddle, setShown, setText } from "../common/dom.js";
import { createBar } from "../common/bar.js";
import { createCurve } from "../common/curve.js";
import { createMap } from "./map.js";
import { hasPlaces, statusWord } from "../common/lines.js";

// Where the key begins, in the pieces of oss://bucket/key.
const KEY_FROM = 3;

// `onBack()` is called when all files are wanted again.
export function createParts(say, onBack) {
  const element = make("div", "ossj-parts");
  const back = button("ossj-quiet", say("all_files"), onBack);
  const name = makeMiddle("ossj-name");
  const status = make("span", "ossj-muted");
  const top = make("div", "ossj-parts-top");
  top.append(back, name.element, status);
  const bar = createBar(say, createCurve(say));
  // What the page knows of a part is enough here.
  const map = createMap(say, () => Promise.resolve(null));
  element.append(top, bar.element, map.element);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") onBack();
  });

  function update(child) {
    name.set(child.url.split("/").slice(KEY_FROM).join("/"));
    setText(status, statusWord(child, say));
    bar.update(child);
    map.update(child);
    setShown(map.element, hasPlaces(child)); // also when it has ended: nobody's page changes under the mouse
  }

  return { element, update, recolour: map.recolour, focus: () => back.focus(), close: map.close };
}
