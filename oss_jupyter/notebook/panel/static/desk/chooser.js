// A list of folders and files, from the kernel's disk. A native list brings arrow keys, type-ahead and screen readers.

import { button, make, setShown, setText } from "../common/dom.js";
import { formatSize } from "../common/format.js";
import { joinPath, lastName } from "./logic.js";

const ROWS_MAX = 10;
const PARENT = "parent";

// `browse(path)` returns a promise of a listing; `onPick(path, listing)` gets what was chosen, `onPickFolder` a folder,
// where one can be chosen.
export function createChooser(say, browse, onPick, onCancel, onPickFolder = null) {
  const element = make("div", "ossj-chooser");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", say(onPickFolder ? "chooser_of_both" : "chooser"));
  const title = make("div", "ossj-chooser-title");
  const where = make("div", "ossj-muted ossj-folder");
  const list = createEntries(say);
  const remark = make("div", "ossj-muted");
  const choose = button("ossj-main", say("choose"), activate);
  const chooseFolder = button("", "", () => onPickFolder(folderNow(), list.listing()));
  const buttons = make("div", "ossj-buttons");
  buttons.append(choose, chooseFolder, button("ossj-quiet", say("cancel"), onCancel));
  element.append(title, where, list.element, remark, buttons);

  async function open(path, words = "") {
    if (words) setText(title, words);
    setShown(title, title.textContent !== "");
    const reply = await browse(path);
    setShown(remark, reply.status !== "ok" || reply.more);
    if (reply.status !== "ok") return setText(remark, reply.error?.[0] ?? "");
    setText(remark, say("more_entries"));
    setText(where, reply.folder);
    list.show(reply);
    tellChoice();
  }

  // The folder that is chosen in the list, else the one that is listed.
  function folderNow() {
    const chosen = list.chosen();
    return chosen?.folder && chosen.path !== list.listing().parent ? chosen.path : list.listing().folder;
  }

  function tellChoice() {
    setText(choose, say(list.chosen()?.folder ? "open_folder" : "choose"));
    setShown(chooseFolder, onPickFolder !== null);
    const name = lastName(folderNow(), list.listing().separator);
    setText(chooseFolder, say("choose_folder", { name }));
  }

  function activate() {
    const chosen = list.chosen();
    if (!chosen) return undefined;
    return chosen.folder ? open(chosen.path) : onPick(chosen.path, list.listing());
  }

  list.element.addEventListener("change", tellChoice);
  list.element.addEventListener("dblclick", activate);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") onCancel();
    else if (event.key === "Enter" && event.target === list.element) activate();
    else return;
    event.preventDefault();
  });

  return { element, open };
}

// What is in a folder, the one above it first.
function createEntries(say) {
  const element = make("select", "ossj-list");
  element.setAttribute("aria-label", say("chooser"));
  let listing = null;

  function show(reply) {
    const cameFrom = listing?.folder;
    listing = reply;
    const rows = reply.entries.map((entry, index) => option(index, entryText(entry, reply.separator)));
    if (reply.parent) rows.unshift(option(PARENT, say("parent_folder")));
    if (!rows.length) rows.push(option("", say("empty_folder")));
    element.replaceChildren(...rows);
    element.size = Math.max(3, Math.min(ROWS_MAX, rows.length));
    // Going up lands on the folder one came from.
    const back = reply.entries.findIndex((entry) => pathOf(entry) === cameFrom);
    element.value = back < 0 ? rows[0].value : String(back);
    element.focus();
  }

  function pathOf(entry) {
    return joinPath(listing.folder, entry.name, listing.separator);
  }

  // The path, and whether it is a folder; nothing where nothing is chosen.
  function chosen() {
    if (element.value === PARENT) return { path: listing.parent, folder: true };
    const entry = listing?.entries[Number(element.value || NaN)];
    return entry && { path: pathOf(entry), folder: entry.folder };
  }

  return { element, show, chosen, listing: () => listing };
}

function entryText(entry, separator) {
  return entry.folder ? `${entry.name}${separator}` : `${entry.name} · ${formatSize(entry.size)}`;
}

function option(value, text) {
  return Object.assign(make("option", "", text), { value });
}
