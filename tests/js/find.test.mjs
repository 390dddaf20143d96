// Finding a file: asked when somebody stops typing, looked at again while it moves, and no answer for another question.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { installPage } from "./page.mjs";
import { ASK_AFTER_TYPING_MS, createFind, LOOK_AGAIN_MS, PARTS_OF_TIME } from "../../oss_jupyter/notebook/panel/static/card/find.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";

installPage();
const turn = () => new Promise((resolve) => setImmediate(resolve));
const found = (...keys) => ({ status: "ok", more: false, files: keys.map((key) => ({ key, kind: 2, size: 5, reason: "", transfer_id: "" })) });

function begin(t) {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  t.after(() => mock.timers.reset());
  const asked = [];
  const find = createFind(sayIn("en"), (text) => new Promise((resolve) => asked.push({ text, resolve })), () => {});
  const [input, list, remark] = find.element.children;
  input.value = "";
  const type = (text) => {
    input.value = text;
    input.dispatch("input", {});
  };
  const answer = async (index, reply) => {
    asked[index].resolve(reply);
    await turn();
  };
  const shown = () => list.children.filter((row) => !row.hidden).length;
  return { find, asked, type, answer, shown, remark, input };
}

test("whoever types is not interrupted, and the last text is what is looked for", async (t) => {
  const { asked, type, answer, shown } = begin(t);
  for (const text of ["t", "tr", "tri"]) {
    type(text);
    mock.timers.tick(ASK_AFTER_TYPING_MS / 2);
  }
  assert.deepEqual(asked.length, 0);
  mock.timers.tick(ASK_AFTER_TYPING_MS);
  assert.deepEqual(asked.map(({ text }) => text), ["tri"]);
  await answer(0, found("raw/trips.csv", "raw/tripod.csv"));
  assert.equal(shown(), 2);
});

test("an answer to an older question is dropped, and the new one asked", async (t) => {
  const { asked, type, answer, shown } = begin(t);
  type("a");
  mock.timers.tick(ASK_AFTER_TYPING_MS);
  type("b");
  await answer(0, found("a"));
  assert.equal(shown(), 0);
  mock.timers.tick(ASK_AFTER_TYPING_MS);
  assert.equal(asked.at(-1).text, "b");
});

test("while the card moves it is looked at again now and then, one question at a time", async (t) => {
  const { find, asked, type, answer } = begin(t);
  find.update();
  mock.timers.tick(LOOK_AGAIN_MS);
  assert.equal(asked.length, 0);
  type("a");
  mock.timers.tick(ASK_AFTER_TYPING_MS);
  for (let count = 0; count < 10; count += 1) find.update();
  mock.timers.tick(LOOK_AGAIN_MS);
  assert.equal(asked.length, 1);
  await answer(0, found("a"));
  for (let count = 0; count < 10; count += 1) find.update();
  mock.timers.tick(PARTS_OF_TIME * LOOK_AGAIN_MS);
  assert.equal(asked.length, 2);
});

test("what took the kernel long is looked at again after a time that is many times as long", async (t) => {
  const { find, asked, type, answer } = begin(t);
  type("a");
  mock.timers.tick(ASK_AFTER_TYPING_MS);
  mock.timers.tick(400);
  await answer(0, found("a"));
  find.update();
  mock.timers.tick(PARTS_OF_TIME * 400 - 1);
  assert.equal(asked.length, 1);
  mock.timers.tick(1);
  assert.equal(asked.length, 2);
});

test("nothing found is said, and so is that there is more", async (t) => {
  const { type, answer, remark, shown, input } = begin(t);
  type("a");
  mock.timers.tick(ASK_AFTER_TYPING_MS);
  await answer(0, found());
  assert.deepEqual([remark.textContent, remark.hidden], ["No file has this in its name.", false]);
  input.dispatch("keydown", { key: "Enter" });
  await answer(1, { ...found("a"), more: true });
  assert.match(remark.textContent, /There are more/);
  input.dispatch("keydown", { key: "Escape" });
  assert.deepEqual([input.value, shown(), remark.hidden], ["", 0, true]);
});
