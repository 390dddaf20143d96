// The desk, and the banner, which is a desk with less on it until somebody wants to see more.

import { createBanner } from "./banner.js";
import { createDetail } from "./detail.js";
import { setAttribute, setShown } from "../common/dom.js";
import { createForm } from "./form.js";
import { createList } from "./list.js";
import { untouched } from "./logic.js";
import { createShell } from "../common/shell.js";
import { stopped } from "../common/state.js";

export function createDesk(model, say) {
  const shell = createShell(model, say);
  const { element, notice, ask, askAndTell } = shell;
  element.classList.add("ossj-desk");
  element.dataset.lmSuppressShortcuts = "true";
  const banner = createBanner(say, askAndTell);
  const form = createForm(say, ask, model.get("folder"), model.get("target"), model.get("options"));
  const list = createList(say, ask, shell.tell, openDetails);
  const detail = createDetail(model, say);
  element.append(banner.element, form.element, list.element, notice, detail.element, shell.announcer);

  const rowsNow = () => JSON.parse(model.get("state"));

  function openDetails(id) {
    askAndTell("open", id === detail.id() ? {} : { transfer: id });
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
    rows.forEach(shell.announce);
  }

  function onEnd() {
    show(rowsNow().map((row) => (row.moving ? stopped(row) : row)));
    element.prepend(notice);
    shell.showNotice(say("desk_ended"));
    for (const part of element.children) part.inert = part !== notice;
  }

  shell.beforeClose(detail.close);
  shell.follow(["change:state", "change:kind", "change:detail"], { update: () => show(rowsNow()), onEnd });
  return { element, close: shell.close };
}
