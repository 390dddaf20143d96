// The buttons and the two small settings. A button says at once what was asked; the state says when it has happened.

import { button, make, setAttribute, setShown, setText } from "./dom.js";
import { createForget } from "./forget.js";
import { stored } from "./lines.js";

// If the state has not followed by then, the button can be pressed again.
const PATIENCE_MS = 8000;
const MIB = 1024 * 1024;

// `ask(command, args)` returns a promise of whether it was done.
export function createControls(say, ask) {
  const element = make("div", "ossj-controls");
  const main = button("ossj-main", "", () => press(main, mainCommand(), {}));
  const abort = button("ossj-quiet", say("abort"), () => openQuestion());
  const parallel = createNumber(say, "parallel", { min: 1, max: 64, step: 1 }, (value) =>
    ask("set_parallel", { parallel: value }),
  );
  const limit = createNumber(say, "limit", { min: 0.1, step: "any" }, (value) =>
    ask("set_limit", { bytes_per_second: value === null ? null : Math.round(value * MIB) }),
  );
  limit.element.append(make("span", "ossj-unit", "MiB/s"));
  const question = createQuestion(say, (keepParts) => {
    closeQuestion();
    press(abort, "abort", { keep_parts: keepParts });
  }, closeQuestion);
  const buttons = make("div", "ossj-buttons");
  const forget = createForget(say, () => press(forget.button, "forget", {}));
  buttons.append(main, abort, forget.button);
  const settings = make("div", "ossj-settings");
  settings.append(parallel.element, limit.element);
  const row = make("div", "ossj-row");
  row.append(buttons, settings);
  element.append(row, question.element, forget.question);

  const asked = new Map(); // button -> the state in which it was pressed, until another one comes
  let state = null;

  function mainCommand() {
    if (state.can.includes("pause")) return "pause";
    return state.state === "failed" ? "retry" : "resume";
  }

  async function press(which, command, args) {
    asked.set(which, state.state);
    setText(which, say({ pause: "pausing", abort: "aborting", forget: "forgetting" }[command] ?? "resuming"));
    setAttribute(which, "aria-disabled", "true"); // not `disabled`, which would drop the keyboard's focus
    const patience = setTimeout(() => release(which), PATIENCE_MS);
    if (await ask(command, args)) return;
    clearTimeout(patience);
    release(which);
  }

  function release(which) {
    asked.delete(which);
    setAttribute(which, "aria-disabled", "false");
    update(state);
  }

  function openQuestion() {
    question.open(state);
    setAttribute(abort, "aria-expanded", "true");
  }

  function closeQuestion() {
    if (question.element.hidden) return;
    question.element.hidden = true;
    setAttribute(abort, "aria-expanded", "false");
    abort.focus();
  }

  function update(newState) {
    state = newState;
    for (const [which, before] of asked) if (before !== state.state) release(which);
    const { can } = state;
    if (!asked.has(main)) setText(main, say(mainCommand()));
    if (!asked.has(abort)) setText(abort, say("abort"));
    setShown(main, can.includes("pause") || can.includes("resume"));
    if (!asked.has(forget.button)) setText(forget.button, say("forget"));
    setShown(abort, can.includes("abort"));
    setShown(forget.button, can.includes("forget"));
    forget.update(state);
    setShown(settings, can.includes("settings"));
    setShown(row, can.length > 0);
    if (!can.includes("abort")) question.element.hidden = true;
    parallel.set(state.parallel_auto ? null : state.parallel, say("auto", { count: state.parallel || "" }));
    limit.set(state.limit === null ? null : Math.round((10 * state.limit) / MIB) / 10, say("no_limit"));
  }

  return { element, update };
}

// A number that acts when it is changed, and shows what is so unless somebody is just typing.
function createNumber(say, name, limits, onChange) {
  const element = make("label", "ossj-setting");
  const input = Object.assign(make("input", "ossj-input"), { type: "number", title: say(`${name}_help`), ...limits });
  input.setAttribute("aria-label", say(`${name}_help`));
  element.append(make("span", "", say(name)), input);
  let current = "";

  input.addEventListener("change", async () => {
    if (!input.checkValidity()) return void (input.value = current);
    const done = await onChange(input.value === "" ? null : Number(input.value));
    if (!done) input.value = current;
  });

  // `otherwise` is what holds without a number.
  function set(value, otherwise) {
    const text = value === null ? "" : String(value);
    setAttribute(input, "placeholder", otherwise.trim());
    if (text !== current && document.activeElement !== input) input.value = text;
    current = text;
  }

  return { element, set };
}

// What happens to the parts is the user's choice, so each answer names its effect.
function createQuestion(say, onAnswer, onCancel) {
  const element = make("div", "ossj-question");
  element.hidden = true;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", say("abort_question"));
  const title = make("div", "ossj-question-title", say("abort_question"));
  const keep = createAnswer("", say("abort_keep"), () => onAnswer(true));
  const remove = createAnswer("ossj-danger", say("abort_delete"), () => onAnswer(false));
  const cancel = button("ossj-quiet", say("abort_cancel"), onCancel);
  element.append(title, keep.element, remove.element, cancel);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onCancel();
  });

  function open(state) {
    const values = stored(state);
    const nothing = values.parts === "0";
    setShown(keep.element, !nothing);
    setText(keep.effect, say("abort_keep_effect", values));
    setText(remove.effect, nothing ? say("abort_nothing") : say("abort_delete_effect", values));
    setText(remove.button, nothing ? say("abort") : say("abort_delete"));
    element.hidden = false;
    cancel.focus();
  }

  return { element, open };
}

function createAnswer(className, text, onPress) {
  const element = make("div", "ossj-answer");
  const effect = make("span", "ossj-muted");
  const press = button(className, text, onPress);
  element.append(press, effect);
  return { element, button: press, effect };
}
