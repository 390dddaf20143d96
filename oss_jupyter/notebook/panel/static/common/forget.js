// Forgetting an upload here, where no abort reaches it any more: what may stay behind is said before.

import { button, make, setText } from "./dom.js";
import { stored } from "./lines.js";
import { createQuestion } from "./question.js";

// `onYes()` is called when the user has read what stays and wants it all the same.
export function createForget(say, onYes) {
  const open = button("ossj-quiet", say("forget"), () => question.setOpen(true));
  const effect = make("span", "ossj-muted");
  const yes = button("ossj-danger", say("forget"), () => {
    question.setOpen(false);
    onYes();
  });
  const no = button("ossj-quiet", say("forget_cancel"), () => question.setOpen(false));
  const question = createQuestion(say("forget_question"), open, no, effect, yes, no);

  function update(state) {
    setText(effect, say(state.files ? "files_forget_effect" : "forget_effect", { ...stored(state), upload_id: state.upload_id ?? "" }));
    if (!state.can.includes("forget")) question.drop();
  }

  return { button: open, question: question.element, update };
}
