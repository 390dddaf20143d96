// Questions that open below a button, and which command a card's first button is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createAbort } from "../../oss_jupyter/notebook/panel/static/common/abort.js";
import { mainCommand } from "../../oss_jupyter/notebook/panel/static/common/controls.js";
import { createForget } from "../../oss_jupyter/notebook/panel/static/common/forget.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";
import { installPage } from "./page.mjs";

installPage();
const say = sayIn("en");
const state = { can: ["abort", "forget"], finished: 2, kept: 1024, confirmed: 1024, upload_id: "u1" };

const click = (button) => button.dispatch("click", {});
const named = (element, text) => element.children.flatMap((one) => [one, ...one.children]).find((one) => one.textContent === text);
const textOf = (element) => element.children.flatMap((one) => [one, ...one.children]).map((one) => one.textContent).join(" ");

function asked(create) {
  const answers = [];
  const one = create(say, (...answer) => answers.push(answer));
  one.update(state);
  click(one.button);
  return { ...one, answers };
}

test("it opens on the answer that changes nothing, and says what comes of the others", () => {
  const { question, button } = asked(createAbort);
  assert.deepEqual([question.hidden, button.getAttribute("aria-expanded")], [false, "true"]);
  assert.equal(document.activeElement, named(question, "Do not abort"));
  assert.match(textOf(question), /2 parts \(2 KiB\) stay in OSS.*2 parts \(2 KiB\) are removed/);
});

test("Escape takes it back, and the focus returns to where it was opened", () => {
  const { question, button, answers } = asked(createForget);
  let stopped = false;
  question.dispatch("keydown", { key: "Escape", stopPropagation: () => (stopped = true) });
  assert.deepEqual([question.hidden, stopped, answers], [true, true, []]);
  assert.equal(document.activeElement, button);
});

test("an answer is given once, with what it means", () => {
  for (const [text, keepParts] of [["Keep the parts", true], ["Delete the parts", false]]) {
    const { question, answers } = asked(createAbort);
    click(named(question, text));
    assert.deepEqual([question.hidden, answers], [true, [[keepParts]]]);
  }
});

test("where nothing is stored there is nothing to keep", () => {
  const one = createAbort(say, () => {});
  one.update({ ...state, finished: 0, kept: 0, confirmed: 0 });
  click(one.button);
  assert.ok(one.question.children.some((answer) => answer.hidden && answer.children.includes(named(one.question, "Keep the parts"))));
  assert.match(textOf(one.question), /Nothing is confirmed yet/);
});

test("a question about what is not possible any more goes away and leaves the focus alone", () => {
  for (const create of [createAbort, createForget]) {
    const { question, update } = asked(create);
    const focused = document.activeElement;
    update({ ...state, can: [] });
    assert.deepEqual([question.hidden, document.activeElement === focused], [true, true]);
  }
});

test("the first button pauses what runs, resumes what rests, and tries again what failed", () => {
  assert.equal(mainCommand({ state: "running", can: ["pause", "abort"] }), "pause");
  assert.equal(mainCommand({ state: "paused", can: ["resume"] }), "resume");
  assert.equal(mainCommand({ state: "failed", can: ["resume"] }), "retry");
});
