// What a new kernel says first: what is unfinished, and what can be done about it. Nothing is sent before it is asked for.

import { bannerLine, bannerNames, canAll, leftAlone, storedOf, untouched } from "./logic.js";
import { button, make, setAttribute, setShown, setText } from "../common/dom.js";
import { formatCount, formatSize } from "../common/format.js";

// `ask(command)` returns a promise of whether it was done.
export function createBanner(say, ask) {
  const element = make("div", "ossj-banner");
  const line = make("div", "ossj-banner-line");
  const names = make("div", "ossj-folder");
  const calm = make("div", "ossj-muted");
  const left = make("div", "ossj-row-error");
  const resume = button("ossj-main ossj-primary", say("resume_all"), () => press(resume, "resume_these", "resuming"));
  const review = button("", say("review"), () => ask("review"));
  const discard = button("ossj-quiet", say("discard"), () => setOpen(true));
  const buttons = make("div", "ossj-buttons");
  buttons.append(resume, review, discard);
  const question = make("div", "ossj-question");
  question.setAttribute("role", "group");
  question.setAttribute("aria-label", say("discard_question"));
  const effect = make("div", "ossj-muted");
  const sure = button("ossj-danger", say("discard_do"), discardAll);
  const cancel = button("ossj-quiet", say("discard_cancel"), () => setOpen(false));
  const answers = make("div", "ossj-buttons");
  answers.append(sure, cancel);
  question.append(make("div", "ossj-question-title", say("discard_question")), effect, answers);
  question.addEventListener("keydown", (event) => event.key === "Escape" && setOpen(false));
  question.hidden = true;
  let states = "";
  element.append(line, names, calm, left, buttons, question);

  function setOpen(open) {
    question.hidden = !open;
    setAttribute(discard, "aria-expanded", open);
    (open ? cancel : discard).focus();
  }

  function discardAll() {
    setOpen(false);
    press(discard, "discard_these", "discarding");
  }

  async function press(which, command, words) {
    setText(which, say(words));
    setAttribute(which, "aria-disabled", "true");
    if (!(await ask(command))) release();
  }

  function release() {
    setText(resume, say("resume_all"));
    setText(discard, say("discard"));
    for (const which of [resume, discard]) setAttribute(which, "aria-disabled", "false");
  }

  function update(rows) {
    const waiting = untouched(rows);
    setText(line, bannerLine(rows, say));
    setText(names, bannerNames(rows, say));
    setText(calm, say("banner_calm"));
    setText(review, say(waiting ? "review" : "all_uploads"));
    const newStates = rows.map((row) => row.state).join();
    if (newStates !== states) release(); // what was asked for has come about
    states = newStates;
    const focused = element.contains(document.activeElement);
    for (const part of [names, calm]) setShown(part, waiting);
    const ready = rows.filter((row) => !row.error || row.state !== "interrupted");
    setText(left, leftAlone(rows).join(" "));
    setShown(left, leftAlone(rows).length > 0);
    setShown(resume, canAll(ready, "resume"));
    setShown(discard, canAll(ready, "abort"));
    if (discard.hidden) question.hidden = true;
    if (focused && document.activeElement.closest("[hidden]")) review.focus();
    const { parts, bytes } = storedOf(ready);
    setText(effect, say("discard_effect", { parts: formatCount(parts), size: formatSize(bytes) }));
  }

  return { element, update };
}
