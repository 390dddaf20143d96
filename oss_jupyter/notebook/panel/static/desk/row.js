// One transfer on the desk: what goes where, how far it is, and what can be done about it.

import { createBar } from "../common/bar.js";
import { createControls } from "../common/controls.js";
import { createChooser } from "./chooser.js";
import { button, make, setAttribute, setShown, setText } from "../common/dom.js";
import { formatSize } from "../common/format.js";
import { createHead } from "../common/head.js";

// `ask(command, args)` returns a promise of the reply; `tell(reply)` shows why something was refused.
export function createRow(say, ask, tell, onDetails) {
  const element = make("li", "ossj-item");
  const head = createHead(say);
  const bar = createBar(say);
  const controls = createControls(say, askHere);
  const buttons = controls.element.querySelector(".ossj-buttons");
  const again = button("ossj-main", say("choose_again"), openChooser);
  const details = button("ossj-quiet", say("details"), () => onDetails(row.id));
  buttons.prepend(again);
  buttons.append(details);
  const notes = createNotes(say);
  element.append(head.element, bar.element, ...notes.elements, controls.element);
  let row = null;
  let shown = "";
  let chooser = null;

  async function askHere(command, args) {
    const reply = await ask(command, { transfer: row.id, ...args });
    tell(reply);
    return reply.status === "ok";
  }

  function openChooser() {
    if (chooser) return closeChooser();
    chooser = createChooser(say, (path) => ask("browse", { path }), rehome, closeChooser);
    element.append(chooser.element);
    return chooser.open(row.source, say("choose_again_title", { name: row.name, size: formatSize(row.total) }));
  }

  function closeChooser() {
    chooser?.element.remove();
    chooser = null;
    again.focus();
  }

  async function rehome(path) {
    closeChooser();
    await askHere("rehome", { path });
  }

  function update(newRow, isOpen) {
    const text = JSON.stringify(newRow) + isOpen;
    if (text === shown) return;
    [row, shown] = [newRow, text];
    setAttribute(element, "aria-label", `${row.name} → ${row.url}`);
    head.update(row);
    bar.update(row);
    // Its card is not to be had from another kernel.
    controls.update(row.state === "elsewhere" ? row : { ...row, can: [...row.can, "details"] });
    setShown(again, row.state === "missing");
    setAttribute(details, "aria-expanded", isOpen);
    notes.update(row);
  }

  return { element, update };
}

// Who has it, where that is not this kernel, and why it failed.
function createNotes(say) {
  const whose = make("div", "ossj-row-note ossj-muted");
  const detached = make("div", "ossj-row-note ossj-muted", say("goes_on_detached"));
  const error = make("div", "ossj-row-error");

  function update(row) {
    setText(whose, row.kernel ? say("row_of_notebook", { name: row.kernel }) : say("row_of_kernel"));
    setShown(whose, row.kernel !== undefined); // only what another kernel tells has one
    setShown(detached, row.detached);
    setText(error, row.error?.[0] ?? "");
    setShown(error, Boolean(row.error));
  }

  return { elements: [whose, detached, error], update };
}
