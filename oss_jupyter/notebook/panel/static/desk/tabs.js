// Tabs: a click or the arrow keys choose what is shown below. One of them can be reached with the Tab key, the chosen one.

import { button, make, setAttribute, setShown } from "../common/dom.js";

let panelCount = 0;

// `tabs` are texts with the panel of each; `onShow(index)` is called when another one was chosen.
export function createTabs(label, tabs, onShow) {
  const element = make("div", "ossj-tabs");
  element.setAttribute("role", "tablist");
  element.setAttribute("aria-label", label);
  const buttons = tabs.map(({ text, panel }, index) => {
    const made = button("ossj-tab", text, () => show(index));
    panel.id = `ossj-panel-${(panelCount += 1)}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-label", text);
    made.setAttribute("role", "tab");
    made.setAttribute("aria-controls", panel.id);
    element.append(made);
    return made;
  });
  let shown = 0;

  function show(index) {
    const other = shown !== index;
    shown = index;
    tabs.forEach(({ panel }, at) => {
      setAttribute(buttons[at], "aria-selected", at === shown);
      buttons[at].tabIndex = at === shown ? 0 : -1;
      setShown(panel, at === shown);
    });
    if (other) onShow(index);
  }

  element.addEventListener("keydown", (event) => {
    const index = tabAfterKey(event.key, shown, tabs.length);
    if (index === null) return;
    event.preventDefault();
    show(index);
    buttons[index].focus();
  });
  show(0);
  return { element, show, shown: () => shown };
}

function tabAfterKey(key, index, length) {
  if (key === "Home") return 0;
  if (key === "End") return length - 1;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  return step === undefined ? null : (index + step + length) % length;
}
