// The desk, and the banner, which is a desk with less on it until somebody wants to see more.

import { createBanner } from "./banner.js";
import { createDetail } from "./detail.js";
import { make, setAttribute, setShown } from "../common/dom.js";
import { createForm } from "./form.js";
import { createHistory } from "./history.js";
import { createList } from "./list.js";
import { untouched } from "./logic.js";
import { createShell } from "../common/shell.js";
import { stopped } from "../common/state.js";
import { createTabs } from "./tabs.js";

const [UPLOADS, HISTORY] = [0, 1];

export function createDesk(model, say) {
  const shell = createShell(model, say);
  const { element, notice, ask, askAndTell } = shell;
  element.classList.add("ossj-desk");
  const banner = createBanner(say, askAndTell);
  const form = createForm(say, ask, model.get("folder"), model.get("target"), model.get("options"));
  const detail = createDetail(model, say);
  const list = createList(say, ask, shell.tell, openDetails, detail.element);
  const history = createHistory(say, shell.askQuietly, uploadAgain);
  const parts = [banner.element, form.element, list.element, notice];
  const tabs = createDeskTabs(say, parts, history.element, () => updateHistory());
  element.append(...tabs.elements, shell.announcer);

  const rowsNow = () => JSON.parse(model.get("state"));
  const updateHistory = () => history.update(model.get("ended"), tabs.shown() === HISTORY);

  function openDetails(id) {
    askAndTell("open", id === detail.id() ? {} : { transfer: id });
  }

  function uploadAgain(entry) {
    tabs.show(UPLOADS);
    form.fill(entry.source, entry.url);
  }

  function show(rows) {
    const isBanner = model.get("kind") === "banner";
    const reviewed = !isBanner && banner.element.contains(document.activeElement);
    setAttribute(element, "aria-label", say(isBanner ? "banner" : "desk"));
    detail.update();
    setShown(tabs.elements[0], !isBanner);
    setShown(banner.element, isBanner);
    setShown(form.element, !isBanner);
    setShown(list.element, !isBanner || !untouched(rows));
    if (isBanner && rows.length) banner.update(rows);
    list.update(rows, detail.id(), !isBanner);
    detail.reveal();
    if (reviewed) form.focus();
    rows.forEach(shell.announce);
  }

  function update() {
    show(rowsNow());
    updateHistory();
  }

  function onEnd() {
    show(rowsNow().map((row) => (row.moving ? stopped(row) : row)));
    element.prepend(notice);
    shell.showNotice(say("desk_ended"));
    for (const part of element.children) part.inert = part !== notice;
  }

  for (const { close } of [detail, history]) shell.beforeClose(close);
  shell.follow(["change:state", "change:kind", "change:detail", "change:ended"], { update, onEnd });
  return { element, close: shell.close };
}

// What runs and what has ended, each on a tab of its own.
function createDeskTabs(say, parts, ended, onShow) {
  const uploads = make("div", "ossj-desk-uploads");
  uploads.append(...parts);
  const panels = [
    { text: say("tab_uploads"), panel: uploads },
    { text: say("tab_history"), panel: ended },
  ];
  const { element, ...tabs } = createTabs(say("desk"), panels, onShow);
  return { elements: [element, uploads, ended], ...tabs };
}
