// The fields of the form.

import { make } from "../common/dom.js";

export function field(name, input, ...beside) {
  const element = make("div", "ossj-field");
  const label = make("label", "", "");
  label.append(make("span", "ossj-field-name", name), input);
  element.append(label, ...beside);
  return element;
}

export function textInput(className, hint) {
  const input = Object.assign(make("input", `ossj-input ${className}`), { type: "text", placeholder: hint, title: hint });
  return Object.assign(input, { spellcheck: false, autocomplete: "off" });
}

export function flagInput(on) {
  return Object.assign(make("input", "ossj-flag"), { type: "checkbox", defaultChecked: on });
}

export function choiceInput(choices, otherwise) {
  const input = make("select", "ossj-input");
  input.append(Object.assign(make("option", "", otherwise), { value: "" }));
  for (const choice of choices) input.append(make("option", "", choice));
  return input;
}

// Enter in one of the inputs is as good as the button.
export function onEnter(inputs, submit) {
  for (const input of inputs) {
    input.addEventListener("keydown", (event) => {
      // Whoever composes Chinese ends that with the same key.
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      submit();
    });
  }
}
