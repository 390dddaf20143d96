// The card of one transfer. It shows the trait `state` and sends commands; what is true is decided in the kernel.
// Elements are made once and changed in place, so that focus, selection and an open fold survive every update.

import { createBar } from "../common/bar.js";
import { createControls } from "../common/controls.js";
import { createDetails } from "./details.js";
import { make, setAttribute, setShown, setText } from "../common/dom.js";
import { createHead } from "../common/head.js";
import { createLegend } from "./legend.js";
import { announcement, hasMap } from "../common/lines.js";
import { createPartMap } from "./partmap.js";
import { createRpc, newId } from "../common/rpc.js";
import { decode, stoppedState } from "../common/state.js";
import { createTrouble } from "../common/trouble.js";
import { watchKernel, watchScreen, watchTheme } from "../common/watch.js";

const OVER = ["completed", "aborted"];

export function createCard(model, say) {
  const widgetId = model.get("widget_id");
  const rpc = createRpc(model, widgetId);
  const element = make("section", "ossj-card ossj-live");
  // The notebook's shortcuts are single letters and arrows: keys pressed in the card must not cut cells. Saving and the
  // like still work.
  element.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });
  const notice = make("div", "ossj-notice");
  const announcer = make("div", "ossj-hidden");
  announcer.setAttribute("role", "status");
  notice.setAttribute("role", "status");
  notice.hidden = true;

  const head = createHead(say);
  const bar = createBar(say);
  const legend = createLegend(say);
  const map = createPartMap(say, legend.colours, askPart);
  const trouble = createTrouble(say);
  const controls = createControls(say, ask);
  const details = createDetails(say);
  element.append(head.element, bar.element, map.element, legend.element, trouble.element);
  element.append(controls.element, notice, details.element, announcer);

  let state = null;
  let ended = false; // the kernel
  let announced = "";

  function update() {
    const newState = decode(model.get("state"));
    if (newState && !ended) show(newState);
  }

  function show(newState) {
    state = newState;
    setAttribute(element, "aria-label", say("label", { name: state.name, url: state.url }));
    head.update(state);
    for (const view of [map, legend]) setShown(view.element, hasMap(state));
    for (const view of [bar, legend, map, trouble, controls, details]) view.update(state);
    announce();
  }

  function announce() {
    const standing = `${state.state} ${state.phase}`;
    if (announced && announced !== standing) setText(announcer, announcement(state, say));
    announced = standing;
  }

  function showNotice(text) {
    setText(notice, text);
    setShown(notice, text !== "");
  }

  async function ask(command, args) {
    showNotice("");
    const reply = await rpc.request(command, { transfer: state.id, ...args }, () => showNotice(say("kernel_busy")));
    showNotice(reply.status === "error" ? [reply.error[0], reply.error[2]].filter(Boolean).join(" ") : "");
    return reply.status === "ok";
  }

  async function askPart(number) {
    if (ended) return null;
    const reply = await rpc.request("part", { transfer: state.id, number });
    return reply.part ?? null;
  }

  // A transfer that is over does not need its kernel any more: its card stays as it is.
  function stop() {
    if (ended || !state || OVER.includes(state.state)) return;
    ended = true;
    element.classList.replace("ossj-live", "ossj-stopped");
    show(stoppedState(state));
    setShown(controls.element, false);
    showNotice(say("kernel_ended"));
    map.recolour();
  }

  async function checkKernel() {
    const whole = await model.widget_manager?.get_model?.(widgetId)?.catch?.(() => null);
    if (whole?.comm_live === false) stop();
  }

  model.on("change:state", update);
  model.on("comm_live_update", checkKernel);
  update();
  const view = newId();
  const stopWatching = [
    watchKernel(model.widget_manager?.kernel, stop),
    watchTheme(map.recolour),
    watchScreen(element, (visible) => rpc.request("visible", { view, visible })),
    map.close,
  ];
  checkKernel();

  function close() {
    stopWatching.forEach((stopOne) => stopOne());
    model.off("change:state", update);
    model.off("comm_live_update", checkKernel);
    rpc.close();
  }

  return { element, close };
}
