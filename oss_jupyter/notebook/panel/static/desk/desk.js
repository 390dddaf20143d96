// The desk, and the banner, which is a desk with less on it until somebody wants to see more.

import { createBanner } from "./banner.js";
import { createCard } from "../card/card.js";
import { createForm } from "./form.js";
import { createList } from "./list.js";
import { untouched } from "./logic.js";
import { make, setAttribute, setShown, setText } from "../common/dom.js";
import { announcement } from "../common/lines.js";
import { createRpc, newId } from "../common/rpc.js";
import { decode, stopped } from "../common/state.js";
import { watchKernel, watchScreen } from "../common/watch.js";

// How long to wait before asking again for what the kernel said takes longer.
const LATER_MS = 150;

export function createDesk(model, say) {
  const widgetId = model.get("widget_id");
  const rpc = createRpc(model, widgetId);
  const element = make("section", "ossj-card ossj-desk ossj-live");
  // The notebook's shortcuts are single letters and arrows: keys pressed on the desk must not cut cells.
  element.dataset.lmSuppressShortcuts = "true";
  element.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });
  const banner = createBanner(say, askAndTell);
  const form = createForm(say, ask, model.get("folder"), model.get("target"));
  const list = createList(say, ask, tell, openDetails);
  const detail = createDetail(model, say);
  const notice = make("div", "ossj-notice");
  const announcer = make("div", "ossj-hidden");
  for (const place of [notice, announcer]) place.setAttribute("role", "status");
  element.append(banner.element, form.element, list.element, notice, detail.element, announcer);
  setShown(notice, false);
  const states = new Map(); // by id, as they were told last
  let ended = false; // the kernel

  async function ask(command, args) {
    showNotice("");
    const onBusy = () => showNotice(say("kernel_busy"));
    let reply = await rpc.request(command, args, onBusy);
    while (reply.later) {
      await new Promise((resolve) => setTimeout(resolve, LATER_MS));
      reply = await rpc.request(command, { later: reply.later }, onBusy);
    }
    showNotice("");
    return reply;
  }

  async function askAndTell(command, args = {}) {
    const reply = await ask(command, args);
    tell(reply);
    return reply.status === "ok";
  }

  function tell(reply) {
    if (reply.status === "error") showNotice([reply.error[0], reply.error[2]].filter(Boolean).join(" "));
  }

  function showNotice(text) {
    setText(notice, text);
    setShown(notice, text !== "");
  }

  function openDetails(id) {
    askAndTell("open", id === detail.id() ? {} : { transfer: id });
  }

  function update() {
    if (!ended) show(JSON.parse(model.get("state")));
  }

  function show(rows) {
    const isBanner = model.get("kind") === "banner";
    const reviewed = !isBanner && banner.element.contains(document.activeElement);
    setAttribute(element, "aria-label", say(isBanner ? "banner" : "desk"));
    detail.update();
    setShown(banner.element, isBanner);
    setShown(form.element, !isBanner);
    setShown(list.element, !isBanner || !untouched(rows));
    if (isBanner && rows.length) banner.update(rows);
    list.update(rows, detail.id(), !isBanner);
    if (reviewed) form.focus();
    announce(rows);
  }

  function announce(rows) {
    for (const row of rows) {
      const standing = `${row.state} ${row.phase}`;
      if (states.has(row.id) && states.get(row.id) !== standing) setText(announcer, announcement(row, say));
      states.set(row.id, standing);
    }
  }

  function stop() {
    if (ended) return;
    ended = true;
    show(JSON.parse(model.get("state")).map((row) => (row.moving ? stopped(row) : row)));
    element.classList.replace("ossj-live", "ossj-stopped");
    element.prepend(notice);
    showNotice(say("desk_ended"));
    for (const part of element.children) part.inert = part !== notice;
  }

  async function checkKernel() {
    const whole = await model.widget_manager?.get_model?.(widgetId)?.catch?.(() => null);
    if (whole?.comm_live === false) stop();
  }

  const listeners = { "change:state": update, "change:kind": update, "change:detail": update, comm_live_update: checkKernel };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  const view = newId();
  const stopWatching = [
    watchKernel(model.widget_manager?.kernel, stop),
    watchScreen(element, (visible) => rpc.request("visible", { view, visible })),
  ];
  update();
  checkKernel();

  function close() {
    stopWatching.forEach((stopOne) => stopOne());
    detail.close();
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
    rpc.close();
  }

  return { element, close };
}

// The card of the transfer that was opened. It reads the desk's trait `detail` where a card of its own reads `state`.
function createDetail(model, say) {
  const element = make("div", "ossj-detail");
  let card = null;
  let id = "";
  const named = (event) => (event === "change:state" ? "change:detail" : event);
  const cardModel = {
    get: (name) => model.get(name === "state" ? "detail" : name),
    on: (event, listener) => model.on(named(event), listener),
    off: (event, listener) => model.off(named(event), listener),
    send: (...message) => model.send(...message),
    get widget_manager() {
      return model.widget_manager;
    },
  };

  function update() {
    const newId = decode(model.get("detail"))?.id ?? "";
    if (newId === id) return;
    close();
    id = newId;
    if (!id) return;
    card = createCard(cardModel, say);
    element.append(card.element);
    card.element.scrollIntoView?.({ block: "nearest" });
  }

  function close() {
    card?.close();
    card?.element.remove();
    card = null;
    id = "";
  }

  return { element, update, close, id: () => id };
}
