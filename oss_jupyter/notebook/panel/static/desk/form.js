// The form that starts an upload: file, target, and the options that people change.

import { button, make, setAttribute, setShown, setText } from "../common/dom.js";
import { createFileInput } from "./fileinput.js";
import { choiceInput, field, flagInput, onEnter, textInput } from "./inputs.js";
import { createTrouble } from "../common/trouble.js";

// `ask(command, args)` returns a promise of the reply; `folder` is where relative paths begin; `asked` are the options
// that people change, each with its name and, where it can be one of a few only, its choices.
export function createForm(say, ask, folder, target, asked) {
  const element = make("form", "ossj-form");
  element.setAttribute("aria-label", say("form"));
  element.noValidate = true;
  const goal = textInput("ossj-wide", say("target_hint"));
  goal.value = target;
  const file = createFileInput(say, (path) => ask("browse", { path }), folder, () => goal.focus());
  const start = button("ossj-main ossj-primary", say("start"), submit);
  const options = createOptions(say, asked);
  const trouble = createTrouble(say);
  element.append(...file.elements, field(say("target"), goal, start), options.element, trouble.element);
  showError(null);

  function showError(error) {
    trouble.update({ error, cell: "" });
  }

  async function submit() {
    if (start.getAttribute("aria-disabled") === "true") return;
    const path = file.input.value.trim();
    const empty = path ? (goal.value.trim() ? null : goal) : file.input;
    if (empty) return empty.focus();
    showError(null);
    setStarting(true);
    const reply = await ask("start", { path, target: goal.value.trim(), ...options.values() });
    setStarting(false);
    if (reply.status === "error") return showError(reply.error);
    if (reply.status === "ok") file.input.value = "";
  }

  function setStarting(yes) {
    setText(start, say(yes ? "starting" : "start"));
    setAttribute(start, "aria-disabled", yes);
  }

  onEnter([file.input, goal], submit);
  element.addEventListener("submit", (event) => event.preventDefault());
  element.addEventListener("input", () => showError(null));
  // As if it had been typed; whoever wants it starts it.
  function fill(path, url) {
    [file.input.value, goal.value] = [path, url];
    showError(null);
    start.focus();
  }

  return { element, fill, focus: () => file.input.focus() };
}

export function createOptions(say, asked) {
  const element = make("details", "ossj-details ossj-options");
  const fields = make("div", "ossj-option-fields");
  element.append(make("summary", "", say("options")), fields);
  const inputs = {};
  for (const option of asked) {
    const { name } = option;
    inputs[name] = inputFor(option, say);
    const beside = option.on === undefined ? [] : [make("span", "ossj-muted", say(`hint_${name}`))];
    fields.append(field(say(`option_${name}`), inputs[name], ...beside));
  }

  // What was left as it is comes from the settings.
  function values() {
    const filled = Object.entries(inputs).map(([name, input]) => [name, valueOf(input)]);
    return Object.fromEntries(filled.filter(([, value]) => value !== ""));
  }

  return { element, values };
}

// `on` is there for what is chosen or not: whether the settings say so.
function inputFor({ name, choices, on }, say) {
  if (on !== undefined) return flagInput(on);
  return choices.length ? choiceInput(choices, say("as_bucket")) : textInput("", say(`hint_${name}`));
}

function valueOf(input) {
  if (input.type !== "checkbox") return input.value.trim();
  return input.checked === input.defaultChecked ? "" : input.checked;
}
