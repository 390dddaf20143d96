// The path of a file or a folder: typed, with the names of its folder to complete it, or chosen from a list.

import { button, make, setAttribute } from "../common/dom.js";
import { createChooser } from "./chooser.js";
import { field, textInput } from "./inputs.js";
import { completionsOf, fromFolder, splitPath } from "./logic.js";

const COMPLETE_AFTER_MS = 120;
const COMPLETIONS_MAX = 50;
let listCount = 0;

// `browse(path)` returns a promise of a listing; `folder` is where relative paths begin; `onPick()` is called after one was
// chosen.
export function createFileInput(say, browse, folder, onPick) {
  const input = textInput("ossj-wide", say("file_hint"));
  const browseButton = button("", say("browse"), toggle);
  browseButton.setAttribute("aria-expanded", "false");
  const chooser = createChooser(say, browse, pick, () => setOpen(false), pickFolder);
  chooser.element.hidden = true;

  function toggle() {
    setOpen(chooser.element.hidden);
    return chooser.element.hidden ? undefined : chooser.open(input.value || folder);
  }

  function setOpen(isOpen) {
    chooser.element.hidden = !isOpen;
    setAttribute(browseButton, "aria-expanded", isOpen);
    if (!isOpen) browseButton.focus();
  }

  function pick(path, listing) {
    setOpen(false);
    input.value = fromFolder(path, folder, listing.separator);
    onPick();
  }

  // A separator at its end says to whoever reads it that it is a folder.
  function pickFolder(path, listing) {
    pick(path.endsWith(listing.separator) ? path : path + listing.separator, listing);
  }

  const completions = createCompletions(input, (below) => browse(below || folder));
  return { input, elements: [field(say("file"), input, browseButton), completions, chooser.element] };
}

function createCompletions(input, browse) {
  const element = make("datalist");
  element.id = `ossj-completions-${(listCount += 1)}`;
  input.setAttribute("list", element.id);
  let timer = 0;
  let listed = { below: null, reply: null }; // while one types a name, its folder is listed once

  async function complete() {
    const typed = input.value;
    const below = splitPath(typed).folder;
    if (listed.below !== below) listed = { below, reply: await browse(below) };
    const { reply } = listed;
    if (reply.status !== "ok" || typed !== input.value) return;
    const found = completionsOf(typed, reply).slice(0, COMPLETIONS_MAX);
    element.replaceChildren(...found.map((value) => Object.assign(make("option"), { value })));
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(complete, COMPLETE_AFTER_MS);
  });
  return element;
}
