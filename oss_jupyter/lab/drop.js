// Files that are dragged from Lab's file browser, and where they may be dropped.

import { make, setShown } from "../notebook/panel/static/common/dom.js";

// As @jupyterlab/filebrowser calls a list of paths.
const PATHS = "application/x-jupyter-icontents";

// Lets files be dropped on `node`: take(paths) gets them as the file browser names them, where mayTake(paths). Returns how
// to stop.
export function acceptFiles(node, say, { mayTake, take }) {
  const goal = make("div", "ossj-lab-goal", say("lab_drop"));
  const pathsIn = (event) => (event.mimeData.hasData(PATHS) ? [...event.mimeData.getData(PATHS)] : []);
  setShown(goal, false);
  node.append(goal);

  const answers = {
    "lm-dragenter": () => setShown(goal, true),
    "lm-dragover": (event) => {
      event.dropAction = event.proposedAction;
    },
    "lm-dragleave": (event) => setShown(goal, node.contains(event.relatedTarget)),
    "lm-drop": (event) => {
      setShown(goal, false);
      event.dropAction = event.proposedAction;
      take(pathsIn(event));
    },
  };

  function answer(event) {
    const paths = pathsIn(event);
    if (!paths.length || !mayTake(paths)) return;
    event.preventDefault();
    event.stopPropagation();
    answers[event.type](event);
  }

  for (const type of Object.keys(answers)) node.addEventListener(type, answer);
  return () => {
    for (const type of Object.keys(answers)) node.removeEventListener(type, answer);
    goal.remove();
  };
}
