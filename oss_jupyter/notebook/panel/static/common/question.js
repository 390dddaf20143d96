// A question that opens below its button: what comes of each answer is said before it is given. Escape takes it back.

import { make, setAttribute } from "./dom.js";

// `opener` is the button that opens it, `safe` the one that changes nothing, where the keyboard is put first.
export function createQuestion(title, opener, safe, ...content) {
  const element = make("div", "ossj-question");
  element.hidden = true;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", title);
  element.append(make("div", "ossj-question-title", title), ...content);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    setOpen(false);
  });

  function setOpen(isOpen) {
    if (!isOpen && element.hidden) return;
    element.hidden = !isOpen;
    setAttribute(opener, "aria-expanded", isOpen);
    (isOpen ? safe : opener).focus();
  }

  // What it asks about is not possible any more; the focus stays where it is.
  function drop() {
    element.hidden = true;
  }

  return { element, setOpen, drop };
}
