// Forgetting an upload here, where no abort reaches it any more: what may stay behind is said before.

import { button, make, setAttribute, setText } from "./dom.js";
import { stored } from "./lines.js";

// `onYes()` is called when the user has read what stays and wants it all the same.
export function createForget(say, onYes) {
  const open = button("ossj-quiet", say("forget"), () => setOpen(true));
  const question = make("div", "ossj-question");
  question.hidden = true;
  question.setAttribute("role", "group");
  question.setAttribute("aria-label", say("forget_question"));
  const effect = make("span", "ossj-muted");
  const yes = button("ossj-danger", say("forget"), () => {
    setOpen(false);
    onYes();
  });
  const no = button("ossj-quiet", say("forget_cancel"), () => setOpen(false));
  question.append(make("div", "ossj-question-title", say("forget_question")), effect, yes, no);
  question.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    setOpen(false);
  });

  function setOpen(isOpen) {
    question.hidden = !isOpen;
    setAttribute(open, "aria-expanded", isOpen);
    (isOpen ? no : open).focus();
  }

  function update(state) {
    setText(effect, say("forget_effect", { ...stored(state), upload_id: state.upload_id ?? "" }));
    if (!state.can.includes("forget")) question.hidden = true;
  }

  return { button: open, question, update };
}
