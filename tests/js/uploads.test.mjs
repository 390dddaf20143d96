// The kernel that uploads for JupyterLab: what is said where there is none.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createUploads, whyNot } from "../../oss_jupyter/lab/uploads.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";

const say = sayIn("en");

function createServices(session) {
  const sessions = { ready: Promise.resolve(), refreshRunning: async () => {}, running: () => [], startNew: async () => session };
  return { contents: { get: async () => ({}) }, kernelspecs: { ready: Promise.resolve(), specs: { default: "python3" } }, sessions };
}

test("a kernel that cannot upload is ended, and what it lacks is said", async () => {
  let ended = 0;
  const content = { status: "error", ename: "ModuleNotFoundError", evalue: "No module named 'oss_jupyter'" };
  const kernel = { requestExecute: () => ({ done: Promise.resolve({ content }) }) };
  const uploads = createUploads(createServices({ kernel, shutdown: async () => (ended += 1) }));
  const error = await uploads.open().catch((thrown) => thrown);
  assert.equal(ended, 1);
  assert.equal(
    whyNot(error, say),
    "JupyterLab's default kernel cannot upload; install oss_jupyter in its environment: ModuleNotFoundError: No module named 'oss_jupyter'",
  );
});

test("no kernel is waited for where no server answers", async () => {
  const services = { ...createServices(null), contents: { get: () => Promise.reject(new Error("no network")) } };
  const error = await createUploads(services).open().catch((thrown) => thrown);
  assert.equal(whyNot(error, say), "The kernel for uploads could not be started: no network");
});
