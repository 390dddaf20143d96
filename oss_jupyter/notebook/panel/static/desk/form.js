// The form that starts an upload: file, target, and the options that people change.

import { button, make, setAttribute, setShown, setText } from "../common/dom.js";
import { createChooser } from "./chooser.js";
import { fromFolder, joinPath, splitPath } from "./logic.js";
import { createTrouble } from "../common/trouble.js";

const COMPLETE_AFTER_MS = 120;
const COMPLETIONS_MAX = 50;
const TEXT_OPTIONS = ["part_size", "parallel", "limit"];
const CHOICES = {
  storage_class: ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"],
  acl: ["private", "public-read", "public-read-write"],
};
let listCount = 0;

// `ask(command, args)` returns a promise of the reply; `folder` is where relative paths begin.
export function createForm(say, ask, folder, target) {
  const element = make("form", "ossj-form");
  element.setAttribute("aria-label", say("form"));
  element.noValidate = true;
  const file = textInput("ossj-wide", say("file_hint"));
  const goal = textInput("ossj-wide", say("target_hint"));
  goal.value = target;
  const completions = make("datalist");
  completions.id = `ossj-completions-${(listCount += 1)}`;
  file.setAttribute("list", completions.id);
  const browseButton = button("", say("browse"), toggleChooser);
  browseButton.setAttribute("aria-expanded", "false");
  const start = button("ossj-main ossj-primary", say("start"), submit);
  const chooser = createChooser(say, browse, pick, closeChooser);
  chooser.element.hidden = true;
  const options = createOptions(say);
  const trouble = createTrouble(say);
  element.append(field(say("file"), file, browseButton), completions, chooser.element);
  element.append(field(say("target"), goal, start), options.element, trouble.element);
  showError(null);

  function showError(error) {
    setShown(trouble.element, error !== null);
    trouble.update({ error, cell: "", notes: [] });
  }

  function browse(path) {
    return ask("browse", { path });
  }

  function toggleChooser() {
    if (!chooser.element.hidden) return closeChooser();
    chooser.element.hidden = false;
    setAttribute(browseButton, "aria-expanded", "true");
    return chooser.open(file.value || folder);
  }

  function closeChooser() {
    chooser.element.hidden = true;
    setAttribute(browseButton, "aria-expanded", "false");
    browseButton.focus();
  }

  function pick(path, listing) {
    closeChooser();
    file.value = fromFolder(path, folder, listing.separator);
    goal.focus();
  }

  async function submit() {
    if (start.getAttribute("aria-disabled") === "true") return;
    const path = file.value.trim();
    const empty = path ? (goal.value.trim() ? null : goal) : file;
    if (empty) return empty.focus();
    showError(null);
    setStarting(true);
    const reply = await ask("start", { path, target: goal.value.trim(), ...options.values() });
    setStarting(false);
    if (reply.status === "error") return showError(reply.error);
    if (reply.status === "ok") file.value = "";
  }

  function setStarting(yes) {
    setText(start, say(yes ? "starting" : "start"));
    setAttribute(start, "aria-disabled", yes);
  }

  let timer = 0;
  let listed = { below: null, reply: null }; // while one types a name, its folder is listed once
  file.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(complete, COMPLETE_AFTER_MS);
  });

  async function complete() {
    const typed = file.value;
    const { folder: below, name } = splitPath(typed);
    if (listed.below !== below) listed = { below, reply: await browse(below || folder) };
    const { reply } = listed;
    if (reply.status !== "ok" || typed !== file.value) return;
    const found = reply.entries.filter((entry) => entry.name.toLowerCase().startsWith(name.toLowerCase()));
    completions.replaceChildren(
      ...found.slice(0, COMPLETIONS_MAX).map((entry) => {
        const text = (below ? joinPath(below, entry.name, below.at(-1)) : entry.name) + (entry.folder ? reply.separator : "");
        return Object.assign(make("option"), { value: text });
      }),
    );
  }

  for (const input of [file, goal]) {
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      submit();
    });
  }
  element.addEventListener("submit", (event) => event.preventDefault());

  element.addEventListener("input", () => showError(null));

  return { element, focus: () => file.focus() };
}

function createOptions(say) {
  const element = make("details", "ossj-details ossj-options");
  const fields = make("div", "ossj-option-fields");
  element.append(make("summary", "", say("options")), fields);
  const inputs = {};
  for (const name of TEXT_OPTIONS) inputs[name] = textInput("", say(`hint_${name}`));
  for (const [name, choices] of Object.entries(CHOICES)) inputs[name] = choiceInput(choices, say("as_bucket"));
  for (const [name, input] of Object.entries(inputs)) fields.append(field(say(`option_${name}`), input));

  function values() {
    const filled = Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]);
    return Object.fromEntries(filled.filter(([, value]) => value));
  }

  return { element, values };
}

function field(name, input, ...beside) {
  const element = make("div", "ossj-field");
  const label = make("label", "", "");
  label.append(make("span", "ossj-field-name", name), input);
  element.append(label, ...beside);
  return element;
}

function textInput(className, hint) {
  const input = Object.assign(make("input", `ossj-input ${className}`), { type: "text", placeholder: hint, title: hint });
  return Object.assign(input, { spellcheck: false, autocomplete: "off" });
}

function choiceInput(choices, otherwise) {
  const input = make("select", "ossj-input");
  input.append(Object.assign(make("option", "", otherwise), { value: "" }));
  for (const choice of choices) input.append(make("option", "", choice));
  return input;
}
