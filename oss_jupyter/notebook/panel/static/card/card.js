// The card of one transfer. It shows the trait `state` and sends commands; what is true is decided in the kernel.
// Elements are made once and changed in place, so that focus, selection and an open fold survive every update.

import { createBar } from "../common/bar.js";
import { createControls } from "../common/controls.js";
import { createCurve } from "../common/curve.js";
import { createDetails } from "./details.js";
import { keepFocus, setAttribute, setShown } from "../common/dom.js";
import { createFiles } from "./files.js";
import { createHandOver } from "./handover.js";
import { createHead } from "../common/head.js";
import { hasMap } from "../common/lines.js";
import { createMap } from "./map.js";
import { createShell } from "../common/shell.js";
import { decode, stoppedState } from "../common/state.js";
import { createRemarks, createTrouble } from "../common/trouble.js";
import { watchTheme } from "../common/watch.js";

const OVER = ["completed", "aborted"];

export function createCard(model, say) {
  const shell = createShell(model, say);
  const { element } = shell;
  let state = decode(model.get("state"));
  let child = null; // the file of a dataset whose parts are looked at
  const mine = (args) => ({ transfer: state.id, ...args });
  const head = createHead(say);
  const bar = createBar(say, createCurve(say));
  const content = state?.files ? createFiles(say, askMine, shell.isLive) : createFileMap(say, askMine);
  const trouble = createTrouble(say);
  const notes = createRemarks(say);
  const controls = createControls(say, (command, args) => shell.askAndTell(command, mine(args)));
  const handOver = createHandOver(say, askAndShow);
  const details = createDetails(say);
  element.append(head.element, trouble.element, bar.element, content.element, notes.element);
  element.append(controls.element, handOver.element, shell.notice, details.element, shell.announcer);

  function askMine(command, args) {
    return shell.isLive() ? shell.askQuietly(command, mine(args)) : Promise.resolve({ status: "gone" });
  }

  async function askAndShow(command, args) {
    const reply = await shell.ask(command, mine(args));
    return shell.tell(reply) ? reply : null;
  }

  function update() {
    const newState = decode(model.get("state"));
    if (newState) show(newState, decode(model.get("part_map")));
  }

  function show(newState, newChild) {
    [state, child] = [newState, newChild];
    setAttribute(element, "aria-label", say("label", { name: state.name, url: state.url }));
    const views = [head, trouble, bar, content, notes, controls, handOver, details];
    keepFocus(element, () => views.forEach((view) => view.update(state, child)));
    shell.announce(state);
  }

  function onEnd() {
    show(stoppedState(state), child && stoppedState(child));
    setShown(controls.element, false);
    shell.showNotice(say(state.state === "detached" ? "kernel_ended_detached" : "kernel_ended"));
    content.recolour();
  }

  // A transfer that is over does not need its kernel any more: its card stays as it is.
  const needless = () => !state || OVER.includes(state.state);
  shell.follow(["change:state", "change:part_map"], { update, onEnd, onGone: handOver.end, needless });
  shell.beforeClose(watchTheme(content.recolour));
  shell.beforeClose(content.close);
  return { element, close: shell.close };
}

// The part map of one file.
function createFileMap(say, ask) {
  const map = createMap(say, async (number) => (await ask("part", { number })).part ?? null);

  function update(state) {
    setShown(map.element, hasMap(state));
    map.update(state);
  }

  return { ...map, update };
}
