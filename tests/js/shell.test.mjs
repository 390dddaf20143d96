// What card and desk stand in: they follow their model while the kernel lives, and stop once when it has ended.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createShell } from "../../oss_jupyter/notebook/panel/static/common/shell.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";
import { installPage } from "./page.mjs";

installPage();
const turn = () => new Promise((resolve) => setImmediate(resolve));

// A widget's model, and a kernel that can end.
function fakeModel() {
  const listeners = new Map();
  const signal = () => {
    const all = new Set();
    return { connect: (one) => all.add(one), disconnect: (one) => all.delete(one), emit: (...what) => all.forEach((one) => one(...what)), all };
  };
  const kernel = { statusChanged: signal(), disposed: signal(), status: "idle" };
  const whole = { comm_live: true };
  const on = (name, one) => listeners.set(name, one);
  const off = (name) => listeners.delete(name);
  const widget_manager = { kernel, get_model: async () => whole };
  return { get: () => "w", send() {}, on, off, widget_manager, kernel, whole, listeners };
}

function follow(needless = () => false) {
  const model = fakeModel();
  const shell = createShell(model, sayIn("en"));
  const seen = { updates: 0, ends: 0 };
  const update = () => (seen.updates += 1);
  shell.follow(["change:state"], { update, onEnd: () => (seen.ends += 1), needless });
  return { model, shell, seen };
}

test("it shows at once, and whenever the model has changed", () => {
  const { model, seen } = follow();
  model.listeners.get("change:state")();
  assert.deepEqual(seen, { updates: 2, ends: 0 });
});

test("a kernel ends once, and after that nothing is shown any more", () => {
  const { model, shell, seen } = follow();
  model.kernel.statusChanged.emit(null, "dead");
  model.kernel.disposed.emit();
  model.listeners.get("change:state")();
  assert.deepEqual(seen, { updates: 1, ends: 1 });
  assert.ok(shell.element.classList.contains("ossj-stopped") && !shell.element.classList.contains("ossj-live"));
  assert.equal(shell.isLive(), false);
});

test("a restart is seen by the widget that has lost its other half", async () => {
  const { model, seen } = follow();
  model.whole.comm_live = false;
  await model.listeners.get("comm_live_update")();
  await turn();
  assert.equal(seen.ends, 1);
});

test("what is over does not need its kernel", () => {
  const { model, shell, seen } = follow(() => true);
  model.kernel.disposed.emit();
  assert.deepEqual([seen.ends, shell.isLive()], [0, true]);
});

test("nothing listens after it is closed, and what was added is closed too", () => {
  const { model, shell } = follow();
  let closed = 0;
  shell.beforeClose(() => (closed += 1));
  shell.close();
  assert.equal(closed, 1);
  assert.deepEqual([model.listeners.size, model.kernel.disposed.all.size, model.kernel.statusChanged.all.size], [0, 0, 0]);
});

test("a change is said aloud once, and the first look is none", () => {
  const { shell } = follow();
  const row = { id: "a", name: "x.bin", phase: "", place: 0, error: null, kept: 0, confirmed: 0, total: 1024, fraction: 0 };
  const said = (state) => {
    shell.announcer.textContent = "";
    shell.announce({ ...row, state, moving: false });
    return shell.announcer.textContent;
  };
  assert.deepEqual([said("queued"), said("queued")], ["", ""]);
  assert.match(said("paused"), /^x\.bin: Paused\. /);
});

test("keys pressed in it do not reach the notebook, except with Ctrl or Cmd", () => {
  const { shell } = follow();
  const stopped = (event) => {
    let yes = false;
    shell.element.dispatch("keydown", { ...event, stopPropagation: () => (yes = true) });
    return yes;
  };
  assert.deepEqual([stopped({ key: "x" }), stopped({ key: "s", ctrlKey: true }), stopped({ key: "s", metaKey: true })], [true, false, false]);
});

test("a notice is shown only while there is one", () => {
  const { shell } = follow();
  assert.equal(shell.notice.hidden, true);
  shell.showNotice("The kernel is busy");
  assert.deepEqual([shell.notice.hidden, shell.notice.textContent], [false, "The kernel is busy"]);
});
