// The side panel: the desk of the kernel that uploads for JupyterLab, or why there is none.

import { createDesk } from "../notebook/panel/static/desk/desk.js";
import { button, make } from "../notebook/panel/static/common/dom.js";
import { watchScreen } from "../notebook/panel/static/common/watch.js";
import { addStyles } from "./styles.js";

// Draws into `node`; returns how to take it away.
export function drawPanel(node, say, { uploads, settings }) {
  addStyles();
  const words = make("div", "ossj-lab-words ossj-muted", say("lab_nothing"));
  const trouble = make("div", "ossj-lab-words");
  const start = button("", say("lab_start"), begin);
  node.append(words, trouble, start);
  let desk = null;

  async function begin() {
    trouble.textContent = "";
    await uploads.open().catch((error) => {
      trouble.textContent = `${say("lab_no_kernel")} ${error.message}`;
    });
  }

  const unfollow = uploads.follow((line) => {
    desk?.close();
    desk = null;
    if (!line) return node.replaceChildren(words, trouble, start);
    desk = createDesk(withTarget(line.model, settings), say);
    const stop = watchScreen(node, line.setShown);
    const { close } = desk;
    desk.close = () => {
      stop();
      close();
    };
    node.replaceChildren(desk.element);
  });
  uploads.find();

  function close() {
    unfollow();
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
