// What a new kernel says first: what is unfinished, and what can be done about it. Nothing is sent before it is asked for.

import { bannerLine, bannerNames, canAll, discardable, leftAlone, ready, storedOf, untouched } from "./logic.js";
import { button, make, setAttribute, setShown, setText } from "../common/dom.js";
import { formatCount, formatSize } from "../common/format.js";
import { createQuestion } from "../common/question.js";

// `ask(command)` returns a promise of whether it was done.
export function createBanner(say, ask) {
  const element = make("div", "ossj-banner");
  const words = createWords(say);
  const resume = button("ossj-main ossj-primary", say("resume_all"), () => press(resume, "resume_these", "resuming"));
  const review = button("", say("review"), () => ask("review"));
  const discard = createDiscard(say, () => press(discard.button, "discard_these", "discarding"));
  const buttons = make("div", "ossj-buttons");
  buttons.append(resume, review, discard.button);
  element.append(...words.elements, buttons, discard.question);
  let states = "";

  async function press(which, command, text) {
    setText(which, say(text));
    setAttribute(which, "aria-disabled", "true");
    if (!(await ask(command))) release();
  }

  function release() {
    setText(resume, say("resume_all"));
    setText(discard.button, say("discard"));
    for (const which of [resume, discard.button]) setAttribute(which, "aria-disabled", "false");
  }

  function update(rows) {
    const newStates = rows.map((row) => row.state).join();
    if (newStates !== states) release(); // what was asked for has come about
    states = newStates;
    const focused = element.contains(document.activeElement);
    words.update(rows);
    setText(review, say(untouched(rows) ? "review" : "all_uploads"));
    setShown(resume, canAll(ready(rows), "resume"));
    discard.update(discardable(rows));
    if (focused && document.activeElement.closest("[hidden]")) review.focus();
  }

  return { element, update };
}

// How many and how much, which files, that nothing happens by itself, and what is left out.
function createWords(say) {
  const line = make("div", "ossj-banner-line");
  const names = make("div", "ossj-folder");
  const calm = make("div", "ossj-muted", say("banner_calm"));
  const left = make("div", "ossj-row-error");
  let shown = "";

  function update(rows) {
    setText(line, bannerLine(rows, say));
    setText(names, bannerNames(rows, say));
    for (const part of [names, calm]) setShown(part, untouched(rows));
    const reasons = leftAlone(rows);
    if (reasons.join("\n") !== shown) left.replaceChildren(...reasons.map((reason) => make("div", "", reason)));
    shown = reasons.join("\n");
    setShown(left, reasons.length > 0);
  }

  return { elements: [line, names, calm, left], update };
}

// `onYes()` is called when the user has read what is removed and wants it all the same.
function createDiscard(say, onYes) {
  const open = button("ossj-quiet", say("discard"), () => question.setOpen(true));
  const effect = make("div", "ossj-muted");
  const sure = button("ossj-danger", say("discard_do"), () => {
    question.setOpen(false);
    onYes();
  });
  const cancel = button("ossj-quiet", say("discard_cancel"), () => question.setOpen(false));
  const answers = make("div", "ossj-buttons");
  answers.append(sure, cancel);
  const question = createQuestion(say("discard_question"), open, cancel, effect, answers);

  function update(rows) {
    setShown(open, canAll(rows, "abort"));
    if (open.hidden) question.drop();
    const { parts, bytes } = storedOf(rows);
    setText(effect, say("discard_effect", { parts: formatCount(parts), size: formatSize(bytes) }));
  }

  return { button: open, question: question.element, update };
}
