// The card of one transfer. It shows the trait `state` and sends commands; what is true is decided in the kernel.
// Elements are made once and changed in place, so that focus, selection and an open fold survive every update.

import { createBar } from "../common/bar.js";
import { createControls } from "../common/controls.js";
import { createDetails } from "./details.js";
import { setAttribute, setShown } from "../common/dom.js";
import { createHead } from "../common/head.js";
import { createLegend } from "./legend.js";
import { hasMap } from "../common/lines.js";
import { createPartMap } from "./partmap.js";
import { createShell } from "../common/shell.js";
import { decode, stoppedState } from "../common/state.js";
import { createTrouble } from "../common/trouble.js";
import { watchTheme } from "../common/watch.js";

const OVER = ["completed", "aborted"];

export function createCard(model, say) {
  const shell = createShell(model, say);
  const { element } = shell;
  const head = createHead(say);
  const bar = createBar(say);
  const legend = createLegend(say);
  const map = createPartMap(say, legend.colours, askPart);
  const trouble = createTrouble(say);
  const controls = createControls(say, (command, args) => shell.askAndTell(command, { transfer: state.id, ...args }));
  const details = createDetails(say);
  element.append(head.element, bar.element, map.element, legend.element, trouble.element);
  element.append(controls.element, shell.notice, details.element, shell.announcer);
  let state = null;

  function update() {
    const newState = decode(model.get("state"));
    if (newState) show(newState);
  }

  function show(newState) {
    state = newState;
    setAttribute(element, "aria-label", say("label", { name: state.name, url: state.url }));
    for (const view of [map, legend]) setShown(view.element, hasMap(state));
    for (const view of [head, bar, legend, map, trouble, controls, details]) view.update(state);
    shell.announce(state);
  }

  async function askPart(number) {
    if (!shell.isLive()) return null;
    const reply = await shell.request("part", { transfer: state.id, number });
    return reply.part ?? null;
  }

  function onEnd() {
    show(stoppedState(state));
    setShown(controls.element, false);
    shell.showNotice(say("kernel_ended"));
    map.recolour();
  }

  // A transfer that is over does not need its kernel any more: its card stays as it is.
  shell.follow(["change:state"], { update, onEnd, needless: () => !state || OVER.includes(state.state) });
  shell.beforeClose(watchTheme(map.recolour));
  shell.beforeClose(map.close);
  return { element, close: shell.close };
}
