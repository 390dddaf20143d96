// The part that is pointed at: asked about where somebody rests on it, and no longer than that.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { ASK_AFTER_MS, createChoice } from "../../oss_jupyter/notebook/panel/static/card/choice.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const state = { places: { kindOf: (number) => number - 1 } };

function begin(t, answer = (number) => Promise.resolve({ number })) {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const seen = { asked: [], told: 0 };
  const ask = (number) => seen.asked.push(number) && answer(number);
  const choice = createChoice(ask, () => (seen.told += 1));
  choice.update(state);
  return { choice, seen };
}

test("a hand that sweeps over the map asks about the part it comes to rest on", async (t) => {
  const { choice, seen } = begin(t);
  for (const number of [1, 2, 3]) choice.choose(number);
  mock.timers.tick(ASK_AFTER_MS);
  await turn();
  assert.deepEqual([seen.asked, choice.now.detail], [[3], { number: 3 }]);
  assert.equal(seen.told, 4); // three times what the page knows, once what the kernel does
});

test("only what is on the wire is asked about again", async (t) => {
  const { choice, seen } = begin(t);
  choice.choose(2);
  for (const wait of [ASK_AFTER_MS, 1000, 1000]) {
    mock.timers.tick(wait);
    await turn();
  }
  assert.deepEqual(seen.asked, [2, 2, 2]);
  choice.choose(3);
  for (const wait of [ASK_AFTER_MS, 1000, 1000]) {
    mock.timers.tick(wait);
    await turn();
  }
  assert.deepEqual(seen.asked, [2, 2, 2, 3]);
});

test("an answer that comes when another part is chosen is dropped", async (t) => {
  const answers = [];
  const { choice } = begin(t, () => new Promise((resolve) => answers.push(resolve)));
  choice.choose(1);
  mock.timers.tick(ASK_AFTER_MS);
  choice.choose(3, true);
  answers[0]({ number: 1 });
  await turn();
  assert.deepEqual(choice.now, { number: 3, byKeyboard: true, detail: null });
});

test("an update tells anew of the chosen part, and of none where none is", (t) => {
  const { choice, seen } = begin(t);
  choice.update(state);
  assert.equal(seen.told, 0);
  choice.choose(1);
  choice.update(state);
  assert.equal(seen.told, 2);
});
