// A list of files of a dataset, each with a few words; one that goes in parts is a button that opens its map.

import { button, make, makeMiddle, setAttribute, setShown, setText } from "../common/dom.js";

// `open(transferId)` is called when a file that goes in parts was pressed.
export function createFileList(say, label, open) {
  const element = make("ul", "ossj-files");
  element.setAttribute("aria-label", label);
  const rows = [];

  function makeRow() {
    const name = makeMiddle("ossj-file-name");
    const press = button("ossj-file-open", "", () => open(row.transferId));
    press.append(name.element);
    press.title = say("open_parts");
    const words = make("span", "ossj-file-words");
    const item = make("li");
    item.append(press, words);
    const row = { item, name, press, words, transferId: "" };
    element.append(item);
    return row;
  }

  // `files`: keys with the words beside them.
  function show(files) {
    files.forEach(({ key, words, transferId = "" }, index) => {
      const row = (rows[index] ??= makeRow());
      row.transferId = transferId;
      row.name.set(key);
      setAttribute(row.press, "aria-label", key); // two halves of a name would be read as two words
      place(row, transferId !== "");
      setText(row.words, words);
    });
    rows.forEach(({ item }, index) => setShown(item, index < files.length));
    setShown(element, files.length > 0);
  }

  return { element, show };
}

// The name stands in a button only where pressing it does something.
function place({ item, name, press, words }, opens) {
  const wanted = opens ? press : name.element;
  if (item.firstChild === wanted) return;
  if (opens) press.append(name.element);
  item.replaceChildren(wanted, words);
}
