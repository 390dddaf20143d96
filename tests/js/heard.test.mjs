// What the page knows of uploads before it has asked anybody, and what it believes where two tell of the same one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createHeard } from "../../oss_jupyter/lab/heard.js";
import { allRows, createRows } from "../../oss_jupyter/lab/rows.js";

const message = (rows, msg_type = "oss_jupyter_active") => ({ header: { msg_type }, content: { rows } });

// A tracker with one open notebook; publish(kernel, message) is what its kernel says.
function createTracker() {
  let hear = null;
  const widget = { sessionContext: { iopubMessage: { connect: (slot) => (hear = slot) } } };
  const publish = (id, said) => hear({ session: id && { kernel: { id } } }, said);
  return { forEach: (each) => each(widget), widgetAdded: { connect: () => {} }, publish };
}

test("rows are heard from each kernel, the last ones count, and a silent kernel's are forgotten", async () => {
  const [first, second] = [createTracker(), createTracker()];
  const heard = [];
  createHeard([first, second], 30).follow((rows) => heard.push(rows.map((row) => row.id).join()));
  first.publish("1", message([{ id: "a" }]));
  second.publish("2", message([{ id: "b" }]));
  first.publish("1", message([{ id: "c" }]));
  first.publish("1", message([{ id: "x" }], "stream"));
  first.publish("1", message("nothing"));
  first.publish(undefined, message([{ id: "x" }]));
  assert.deepEqual(heard, ["a", "a,b", "c,b"]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(heard.at(-1), "");
});

test("where more move than have a row, how many is summed over the kernels and told beside the rows", () => {
  const [first, second] = [createTracker(), createTracker()];
  const told = [];
  createRows({ follow: () => {} }, createHeard([first, second], 30)).follow((rows, moving) => told.push([rows.length, moving]));
  first.publish("1", { header: { msg_type: "oss_jupyter_active" }, content: { rows: [{ id: "a" }], moving: 150 } });
  second.publish("2", { header: { msg_type: "oss_jupyter_active" }, content: { rows: [{ id: "b" }], moving: 1 } });
  first.publish("1", message([{ id: "a" }]));
  assert.deepEqual(told, [[1, 150], [2, 151], [2, 0]]);
});

test("whoever has an upload is believed rather than the disk", () => {
  const told = [{ id: "a", state: "elsewhere" }, { id: "b", state: "paused" }, { id: "d", state: "interrupted" }];
  const heard = [{ id: "a", state: "running" }, { id: "b", state: "running" }, { id: "c", state: "queued" }];
  const states = allRows(told, heard).map((row) => `${row.id} ${row.state}`);
  assert.deepEqual(states, ["a running", "b paused", "d interrupted", "c queued"]);
});

test("what is heard makes the panel's kernel look, and what that tells is heard of, until it is lost", () => {
  const told = [];
  let [setLine, hear, look, hurried] = [null, null, null, 0];
  const all = createRows({ follow: (tell) => (setLine = tell) }, { follow: (tell) => (hear = tell) });
  all.follow((rows) => told.push(rows.map((row) => row.id).join()));
  const model = { get: () => JSON.stringify([{ id: "own" }]), on: (_, listener) => (look = listener) };
  hear([{ id: "a" }]);
  setLine({ model, hurry: () => (hurried += 1) });
  hear([]);
  look();
  setLine(null);
  assert.deepEqual(told, ["a", "own,a", "own", "own", ""]);
  assert.equal(hurried, 1);
});
