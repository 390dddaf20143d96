// Giving an upload up. What happens to its parts is the user's choice, so each answer names its effect.

import { button, make, setShown, setText } from "./dom.js";
import { stored } from "./lines.js";
import { createQuestion } from "./question.js";

// `onAnswer(keepParts)` is called when the user has chosen.
export function createAbort(say, onAnswer) {
  const open = button("ossj-quiet", say("abort"), ask);
  const keep = createAnswer("", say("abort_keep"), () => answer(true));
  const remove = createAnswer("ossj-danger", say("abort_delete"), () => answer(false));
  const cancel = button("ossj-quiet", say("abort_cancel"), () => question.setOpen(false));
  const question = createQuestion(say("abort_question"), open, cancel, keep.element, remove.element, cancel);
  let state = null;

  function tell() {
    const values = stored(state);
    const nothing = state.kept + state.confirmed === 0;
    setShown(keep.element, !nothing);
    const what = state.files ? "files_abort" : "abort";
    setText(keep.effect, say(`${what}_keep_effect`, values));
    setText(remove.effect, nothing ? say("abort_nothing") : say(`${what}_delete_effect`, values));
    setText(remove.button, nothing ? say("abort") : say("abort_delete"));
  }

  function ask() {
    tell();
    question.setOpen(true);
  }

  function answer(keepParts) {
    question.setOpen(false);
    onAnswer(keepParts);
  }

  function update(newState) {
    state = newState;
    if (!state.can.includes("abort")) question.drop();
    if (!question.element.hidden) tell(); // it goes on while one thinks
  }

  return { button: open, question: question.element, update };
}

function createAnswer(className, text, onPress) {
  const element = make("div", "ossj-answer");
  const effect = make("span", "ossj-muted");
  const press = button(className, text, onPress);
  element.append(press, effect);
  return { element, button: press, effect };
}
