// "Upload to OSS…": where to, and the options that people change. It closes when all uploads have begun.

import { createOptions } from "../notebook/panel/static/desk/form.js";
import { field, onEnter, textInput } from "../notebook/panel/static/desk/inputs.js";
import { button, make, setAttribute, setShown, setText } from "../notebook/panel/static/common/dom.js";
import { createTrouble } from "../notebook/panel/static/common/trouble.js";
import { askPermission } from "./notify.js";
import { addStyles } from "./styles.js";
import { createTargetCompletions } from "./targets.js";
import { whyNot } from "./uploads.js";

// `paths` are seen from the folder of the kernel; `onBegun()` is called when they go up.
export async function askForUpload({ apputils, Widget }, say, { uploads, settings }, paths, onBegun) {
  if (!paths.length) return;
  addStyles();
  const form = createUploadForm(say, { uploads, settings }, paths, () => {
    dialog.dispose();
    onBegun();
  });
  const body = new Widget({ node: form.element });
  const buttons = [apputils.Dialog.cancelButton({ label: say("cancel") })];
  const dialog = new (formDialog(apputils.Dialog))({ title: say("lab_upload"), body, buttons });
  uploads.open().then(form.setLine, (error) => form.showFailure(whyNot(error, say)));
  await dialog.launch().catch(() => {}); // closed by us
}

// Lab's dialogs take the Enter key before anything in them does, and would press Cancel.
function formDialog(Dialog) {
  return class extends Dialog {
    handleEvent(event) {
      if (event.type !== "keydown" || event.key !== "Enter") super.handleEvent(event);
    }
  };
}

function createUploadForm(say, { uploads, settings }, paths, onBegun) {
  const element = make("form", "ossj-card ossj-live ossj-desk ossj-lab-dialog");
  const left = createNames(paths);
  const goal = textInput("ossj-wide", say("target_hint"));
  const completions = createTargetCompletions(goal, async (text) => (await uploads.open()).model.ask("targets", { text }));
  const start = button("ossj-main ossj-primary", say("start"), submit);
  const options = make("div", "");
  const trouble = createTrouble(say);
  const { showError, setStarting } = createVoice(say, trouble, start);
  let line = null;
  let asked = null;
  element.append(left.element, field(say("target"), goal, start), completions, trouble.element, options);
  showError(null);
  setStarting(true);

  function setLine(newLine) {
    line = newLine;
    asked = createOptions(say, line.model.get("options"));
    options.append(asked.element);
    goal.value ||= settings.get("target") || line.model.get("target");
    setStarting(false);
    goal.focus();
  }

  async function submit() {
    if (start.getAttribute("aria-disabled") === "true") return;
    const target = goal.value.trim();
    if (!target) return goal.focus();
    askPermission(settings);
    showError(null);
    setStarting(true);
    const error = await beginAll(target);
    setStarting(false);
    if (error) showError(error);
    else onBegun();
  }

  // Returns why one did not begin; those before it have.
  async function beginAll(target) {
    const into = paths.length > 1 && !target.endsWith("/") ? `${target}/` : target;
    while (left.first()) {
      const reply = await line.model.ask("start", { path: left.first(), target: into, ...asked.values() });
      if (reply.status !== "ok") return reply.error ?? [say("desk_ended"), "", "", ""];
      left.drop();
    }
    return null;
  }

  onEnter([goal], submit);
  element.addEventListener("submit", (event) => event.preventDefault());
  element.addEventListener("input", () => showError(null));
  return { element, setLine, showFailure: (text) => showError([text, "", "", ""]) };
}

// The list of what is to go up still.
function createNames(paths) {
  const element = Object.assign(make("ul", ""), { tabIndex: 0 }); // so that keys can scroll a long list
  const left = [...paths];
  element.append(...left.map((path) => make("li", "", path)));

  function drop() {
    left.shift();
    element.firstChild.remove();
  }

  return { element, first: () => left[0], drop };
}

// What the form says of itself: why it was refused, and that it is at work.
function createVoice(say, trouble, start) {
  function showError(error) {
    trouble.update({ error, cell: "" });
    if (error) trouble.element.scrollIntoView({ block: "nearest" }); // the dialog is as high as the window at most
  }

  function setStarting(yes) {
    setText(start, say(yes ? "starting" : "start"));
    setAttribute(start, "aria-disabled", yes);
  }

  return { showError, setStarting };
}
