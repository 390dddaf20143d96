// The side panel: the desk of the kernel that uploads for JupyterLab, or why there is none. Whoever looks at it wants to see
// all uploads, so that kernel is started then. Files may be dropped on it.

import { createDesk } from "../notebook/panel/static/desk/desk.js";
import { button, make, setAttribute, setText } from "../notebook/panel/static/common/dom.js";
import { watchScreen } from "../notebook/panel/static/common/watch.js";
import { acceptFiles } from "./drop.js";
import { areOnDisk, draggedFiles } from "./sources.js";
import { addStyles } from "./styles.js";
import { whyNot } from "./uploads.js";

// Draws into `node`; ask(paths) opens the dialog about what is dropped on it. Returns how to take it away.
export function drawPanel(node, say, { uploads, settings, ask, contents }) {
  addStyles();
  const content = make("div", "ossj-lab-content");
  const words = make("div", "ossj-lab-words ossj-muted", say("lab_nothing"));
  const trouble = make("div", "ossj-lab-words");
  const start = button("", say("lab_start"), begin);
  node.append(content);
  let [desk, line, shown] = [null, null, false];

  async function begin() {
    setText(trouble, "");
    setStarting(true);
    await uploads.open().catch((error) => setText(trouble, whyNot(error, say)));
    setStarting(false);
  }

  function setStarting(yes) {
    setText(start, say(yes ? "lab_starting" : "lab_start"));
    setAttribute(start, "aria-disabled", yes);
  }

  const unfollow = uploads.follow((newLine) => {
    desk?.close();
    [desk, line] = [null, newLine];
    if (!line) return content.replaceChildren(words, trouble, start);
    line.setShown(shown);
    desk = createDesk(withTarget(line.model, settings), say);
    content.replaceChildren(desk.element);
  });
  const unwatch = watchScreen(node, (visible) => {
    shown = visible;
    line?.setShown(shown);
    if (shown) begin();
  });
  const refuse = acceptFiles(node, say, {
    mayTake: (paths) => areOnDisk(contents, paths),
    take: async (paths) => ask(await draggedFiles(contents, paths)),
  });
  if (!desk) content.replaceChildren(words, trouble, start);

  function close() {
    for (const stop of [unfollow, unwatch, refuse]) stop();
    desk?.close();
    node.replaceChildren();
  }

  return { close };
}

// Where the settings name a target, the form suggests that.
function withTarget(model, settings) {
  const get = (name) => (name === "target" && settings.get("target")) || model.get(name);
  return { ...model, get };
}
