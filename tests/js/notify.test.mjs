// What JupyterLab's centre is told of uploads that end.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createGather } from "../../oss_jupyter/lab/notify.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";

test("what is completed within seconds of one another is one notification, unless the user has dismissed it", () => {
  const shown = new Map();
  let made = 0;
  const center = {
    success: (text) => shown.set(String((made += 1)), text) && String(made),
    update: ({ id, message }) => shown.has(id) && Boolean(shown.set(id, message)),
  };
  let now = 0;
  const gather = createGather(center, sayIn("en"), () => now);
  for (const name of ["a", "b", "c"]) {
    gather(name);
    now += 9_000;
  }
  assert.deepEqual([...shown.values()], ["c · 2 more before it"]);
  now += 9_000;
  gather("d");
  assert.deepEqual([...shown.values()], ["c · 2 more before it", "d"]);
  shown.clear();
  gather("e");
  assert.deepEqual([...shown.values()], ["e"]);
});
