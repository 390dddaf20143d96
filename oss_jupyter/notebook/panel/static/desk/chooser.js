// A list of folders and files, from the kernel's disk. A native list brings arrow keys, type-ahead and screen readers.

import { button, make, setShown, setText } from "../common/dom.js";
import { formatSize } from "../common/format.js";
import { joinPath } from "./logic.js";

const ROWS_MAX = 10;

// `browse(path)` returns a promise of a listing; `onPick(path, listing)` gets what was chosen.
export function createChooser(say, browse, onPick, onCancel) {
  const element = make("div", "ossj-chooser");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", say("chooser"));
  const title = make("div", "ossj-chooser-title");
  const where = make("div", "ossj-muted ossj-folder");
  const list = make("select", "ossj-list");
  list.setAttribute("aria-label", say("chooser"));
  const remark = make("div", "ossj-muted");
  const choose = button("ossj-main", say("choose"), () => activate());
  const buttons = make("div", "ossj-buttons");
  buttons.append(choose, button("ossj-quiet", say("cancel"), onCancel));
  element.append(title, where, list, remark, buttons);
  let listing = null;

  async function open(path, words = "") {
    if (words) setText(title, words);
    setShown(title, title.textContent !== "");
    const reply = await browse(path);
    setShown(remark, reply.status !== "ok" || reply.more);
    if (reply.status !== "ok") return setText(remark, reply.error?.[0] ?? "");
    setText(remark, say("more_entries"));
    show(reply);
  }

  function show(reply) {
    const cameFrom = listing?.folder;
    listing = reply;
    setText(where, reply.folder);
    const rows = reply.entries.map((entry, index) => option(index, entryText(entry)));
    if (reply.parent) rows.unshift(option("parent", say("parent_folder")));
    if (!rows.length) rows.push(option("", say("empty_folder")));
    list.replaceChildren(...rows);
    list.size = Math.max(3, Math.min(ROWS_MAX, rows.length));
    // Going up lands on the folder one came from.
    const back = reply.entries.findIndex((entry) => joinPath(reply.folder, entry.name, reply.separator) === cameFrom);
    list.value = back < 0 ? rows[0].value : String(back);
    list.focus();
    tellChoice();
  }

  function entryText(entry) {
    return entry.folder ? `${entry.name}${listing.separator}` : `${entry.name} · ${formatSize(entry.size)}`;
  }

  function chosen() {
    return listing?.entries[Number(list.value || NaN)];
  }

  function tellChoice() {
    setText(choose, say(list.value === "parent" || chosen()?.folder ? "open_folder" : "choose"));
  }

  function activate() {
    if (list.value === "parent") return open(listing.parent);
    const entry = chosen();
    if (!entry) return undefined;
    const path = joinPath(listing.folder, entry.name, listing.separator);
    return entry.folder ? open(path) : onPick(path, listing);
  }

  list.addEventListener("change", tellChoice);
  list.addEventListener("dblclick", activate);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") onCancel();
    else if (event.key === "Enter" && event.target === list) activate();
    else return;
    event.preventDefault();
  });

  return { element, open };
}

function option(value, text) {
  return Object.assign(make("option", "", text), { value });
}
