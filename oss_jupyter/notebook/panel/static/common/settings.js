// The two small settings of a running upload: how many parts at once, and how fast.

import { make, setAttribute, setText } from "./dom.js";

const MIB = 1024 * 1024;
const LIMIT_MIN_MIB = 0.1;

// `ask(command, args)` returns a promise of whether it was done.
export function createSettings(say, ask) {
  const element = make("div", "ossj-settings");
  const wrong = make("div", "ossj-wrong");
  wrong.setAttribute("role", "status");
  const refuse = (text) => setText(wrong, text);
  const parallel = createNumber(say, "parallel", { min: 1, step: 1 }, refuse, (value) =>
    ask("set_parallel", { parallel: value }),
  );
  const limit = createNumber(say, "limit", { min: LIMIT_MIN_MIB, step: "any" }, refuse, (value) =>
    ask("set_limit", { bytes_per_second: value === null ? null : Math.round(value * MIB) }),
  );
  limit.element.append(make("span", "ossj-unit", "MiB/s"));
  element.append(parallel.element, limit.element, wrong);

  function update(state) {
    parallel.allow(state.parallel_most);
    parallel.set(state.parallel_auto ? null : state.parallel, say("auto", { count: state.parallel || "" }));
    limit.set(state.limit === null ? null : Math.round((10 * state.limit) / MIB) / 10, say("no_limit"));
  }

  return { element, update };
}

// A number that acts when it is changed, and shows what is so unless somebody is just typing. `refuse(text)` says why one
// is not taken, or nothing for "".
function createNumber(say, name, limits, refuse, onChange) {
  const element = make("label", "ossj-setting");
  const input = Object.assign(make("input", "ossj-input"), { type: "number", ...limits });
  tell({});
  element.append(make("span", "", say(name)), input);
  let current = "";

  input.addEventListener("change", async () => {
    const valid = input.checkValidity();
    refuse(valid ? "" : say(`${name}_wrong`, { most: input.max, least: input.min }));
    if (!valid) return void (input.value = current);
    const done = await onChange(input.value === "" ? null : Number(input.value));
    if (!done) input.value = current;
  });

  function tell(values) {
    for (const attribute of ["title", "aria-label"]) setAttribute(input, attribute, say(`${name}_help`, values));
  }

  function allow(most) {
    if (input.max === String(most)) return;
    input.max = most;
    tell({ most });
  }

  // `otherwise` is what holds without a number.
  function set(value, otherwise) {
    const text = value === null ? "" : String(value);
    setAttribute(input, "placeholder", otherwise.trim());
    if (text !== current && !input.matches(":focus")) input.value = text;
    current = text;
  }

  return { element, allow, set };
}
