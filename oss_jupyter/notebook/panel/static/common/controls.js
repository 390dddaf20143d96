// The buttons and the two small settings. A button says at once what was asked; the state says when it has happened.

import { createAbort } from "./abort.js";
import { button, keepFocus, make, setAttribute, setShown, setText } from "./dom.js";
import { createForget } from "./forget.js";
import { createSettings } from "./settings.js";

// If the state has not followed by then, the button can be pressed again. What carries on is queued before the kernel
// answers: where it is as before soon after, it has failed once more.
const PATIENCE_MS = 8000;
const PATIENCE_TO_RESUME_MS = 1200;

// What a button says while it waits for the state to follow.
const PROGRESSIVE = { pause: "pausing", resume: "resuming", retry: "resuming", retry_failed: "resuming", abort: "aborting", forget: "forgetting", adopt: "adopting" };

// What the button is called that carries on, where that is tried again.
const RESUMES = { failed: "retry", completed_with_errors: "retry_failed" };

// `ask(command, args)` returns a promise of whether it was done.
export function createControls(say, ask) {
  const element = make("div", "ossj-controls");
  const main = button("ossj-main", "", () => press(main, mainCommand(state), {}));
  const abort = createAbort(say, (keepParts) => press(abort.button, "abort", { keep_parts: keepParts }));
  const adopt = button("ossj-quiet", say("adopt"), () => press(adopt, "adopt", {}));
  const forget = createForget(say, () => press(forget.button, "forget", {}));
  const settings = createSettings(say, ask);
  const buttons = make("div", "ossj-buttons");
  buttons.append(main, adopt, abort.button, forget.button);
  const row = make("div", "ossj-row");
  row.append(buttons, settings.element);
  element.append(row, abort.question, forget.question);

  const asked = new Map(); // button -> {before: the state in which it was pressed}, until another one comes
  let state = null;

  async function press(which, command, args) {
    const pressed = { before: state.state };
    asked.set(which, pressed);
    setText(which, say(PROGRESSIVE[command]));
    setAttribute(which, "aria-disabled", "true"); // not `disabled`, which would drop the keyboard's focus
    const giveUp = () => asked.get(which) === pressed && release(which);
    if (!(await ask(command, args))) return giveUp();
    setTimeout(giveUp, PROGRESSIVE[command] === PROGRESSIVE.resume ? PATIENCE_TO_RESUME_MS : PATIENCE_MS);
  }

  function release(which) {
    asked.delete(which);
    setAttribute(which, "aria-disabled", "false");
    update(state);
  }

  function offer(which, text, shown) {
    if (!asked.has(which)) setText(which, text);
    setShown(which, shown);
  }

  function update(newState) {
    state = newState;
    for (const [which, { before }] of asked) if (before !== state.state) release(which);
    keepFocus(element, offerAll);
  }

  function offerAll() {
    const { can } = state;
    offer(main, say(mainCommand(state)), can.includes("pause") || can.includes("resume"));
    offer(adopt, say("adopt"), can.includes("adopt"));
    offer(abort.button, say("abort"), can.includes("abort"));
    offer(forget.button, say("forget"), can.includes("forget"));
    for (const view of [abort, forget, settings]) view.update(state);
    setShown(settings.element, can.includes("settings"));
    setShown(row, can.length > 0);
  }

  return { element, update };
}

export function mainCommand(state) {
  if (state.can.includes("pause")) return "pause";
  return RESUMES[state.state] ?? "resume";
}
