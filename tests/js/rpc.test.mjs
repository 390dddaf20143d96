// Asking the kernel: by the control channel, by the widget where that is silent, and an honest word where nobody answers.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { BUSY_AFTER_MS, CONTROL_WAIT_MS, createRpc } from "../../oss_jupyter/notebook/panel/static/common/rpc.js";

// As JupyterLab's: `done` waits for the kernel to say that it is idle, which it does not; disposing rejects it.
class Future {
  onReply = () => {};
  constructor(reply) {
    this.done = new Promise((_, reject) => (this.dispose = () => reject(new Error("Canceled future"))));
    reply.then((content) => this.onReply({ content }), this.dispose);
  }
}

// A widget's model whose kernel answers as told: `control(content)` is a promise, or nothing for no control channel.
function fakeModel(control) {
  const model = { sent: [], byControl: [], listeners: new Set() };
  const kernel = {
    sendControlMessage(message, expectReply, dispose) {
      assert.deepEqual([message.channel, message.header.msg_type], ["control", "oss_jupyter_request"]);
      assert.ok(expectReply && dispose);
      model.byControl.push(message.content);
      return new Future(control(message.content));
    },
  };
  return Object.assign(model, {
    widget_manager: control ? { kernel } : {},
    send: (content) => model.sent.push(content),
    on: (name, listener) => model.listeners.add(listener),
    off: (name, listener) => model.listeners.delete(listener),
    reply: (content) => model.listeners.forEach((listener) => listener(content)),
  });
}

const never = () => new Promise(() => {});
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("the control channel answers, and the widget is left in peace", async () => {
  const model = fakeModel(async (content) => ({ status: "ok", id: content.id }));
  const reply = await createRpc(model, "w").request("pause", { transfer: "t" });
  assert.equal(reply.status, "ok");
  assert.deepEqual(model.byControl[0].arguments, { widget: "w", transfer: "t" });
  assert.deepEqual(model.sent, []);
});

test("without a control channel the widget's own message is used", async () => {
  const model = fakeModel(null);
  const reply = createRpc(model, "w").request("pause");
  assert.equal(model.sent.length, 1);
  model.reply({ status: "ok", id: "of another card" });
  model.reply({ status: "ok", id: model.sent[0].id });
  assert.equal((await reply).status, "ok");
});

test("a silent control channel is followed by the widget's message, with the same id", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const model = fakeModel(never);
  let busy = 0;
  const reply = createRpc(model, "w").request("pause", {}, () => (busy += 1));
  mock.timers.tick(CONTROL_WAIT_MS);
  assert.equal(model.sent[0].id, model.byControl[0].id);
  assert.equal(busy, 0);
  mock.timers.tick(BUSY_AFTER_MS - CONTROL_WAIT_MS);
  assert.equal(busy, 1);
  model.reply({ status: "ok", id: model.sent[0].id });
  assert.equal((await reply).status, "ok");
  mock.timers.tick(60_000);
  assert.deepEqual([model.sent.length, busy], [1, 1]);
  mock.timers.reset();
});

test("a control channel that fails, and a widget whose kernel is gone, end in no exception", async () => {
  const model = fakeModel(() => Promise.reject(new Error("Canceled")));
  model.send = () => {
    throw new Error("Cannot send");
  };
  const rpc = createRpc(model, "w");
  const reply = rpc.request("pause");
  await turn();
  rpc.close();
  assert.deepEqual(await reply, { status: "gone" });
  assert.equal(model.listeners.size, 0);
});
