// Asking for what the user wants: what takes longer is awaited, and a refusal is shown where the button is.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { LATER_MS, createAsk } from "../../oss_jupyter/notebook/panel/static/common/ask.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

// A kernel that gives these replies one after the other, and what was asked and shown.
function fakeRpc(...replies) {
  const seen = { asked: [], shown: [] };
  const request = async (command, args, onBusy) => {
    seen.asked.push([command, args]);
    const reply = replies.shift();
    if (reply.busy) onBusy();
    return reply;
  };
  return { seen, ...createAsk({ request }, (name) => name, (text) => seen.shown.push(text)) };
}

test("what was done leaves nothing behind", async () => {
  const { askAndTell, seen } = fakeRpc({ status: "ok" });
  assert.equal(await askAndTell("pause", { transfer: "a" }), true);
  assert.deepEqual(seen, { asked: [["pause", { transfer: "a" }]], shown: ["", ""] });
});

test("a refusal is shown with what happened and what to do", async () => {
  const { askAndTell, seen } = fakeRpc({ status: "error", error: ["It is over.", "Safe.", "Run it again.", "Code"] });
  assert.equal(await askAndTell("pause"), false);
  assert.equal(seen.shown.at(-1), "It is over. Run it again.");
});

test("a busy kernel is named as long as it does not answer", async () => {
  const { ask, seen } = fakeRpc({ status: "ok", busy: true });
  await ask("pause");
  assert.deepEqual(seen.shown, ["", "kernel_busy", ""]);
});

test("what takes longer is asked for again under the name it was given", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { ask, seen } = fakeRpc({ status: "ok", later: "7" }, { status: "ok", later: "7" }, { status: "ok", said: "done" });
  const reply = ask("forget", { transfer: "a" });
  for (let round = 0; round < 2; round += 1) {
    await turn();
    mock.timers.tick(LATER_MS);
  }
  assert.equal((await reply).said, "done");
  assert.deepEqual(seen.asked.slice(1), [["forget", { later: "7" }], ["forget", { later: "7" }]]);
  mock.timers.reset();
});

test("a card that is closed meanwhile says nothing", async () => {
  const { askAndTell, seen } = fakeRpc({ status: "gone" });
  assert.equal(await askAndTell("pause"), false);
  assert.deepEqual(seen.shown, ["", ""]);
});
