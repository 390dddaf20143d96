// What a notebook keeps of an upload follows its kernel, also in a page that has forgotten which output is meant.

import assert from "node:assert/strict";
import { test } from "node:test";

import { keepSaved } from "../../oss_jupyter/lab/saved.js";

const output = (html, summary) => ({ output_type: "display_data", data: { "text/html": html }, metadata: { oss_jupyter: { summary } } });

// A notebook of one cell with these outputs; say(message) is what its kernel publishes.
function createNotebook(...all) {
  let say = null;
  const outputs = { get length() { return all.length; }, get: (index) => ({ toJSON: () => all[index] }), set: (index, value) => (all[index] = value) };
  const sessionContext = { iopubMessage: { connect: (slot) => (say = (message) => slot(null, message)) } };
  const notebook = { sessionContext, content: { widgets: [{ model: {} }, { model: { outputs } }] } };
  keepSaved({ forEach: (each) => each(notebook), widgetAdded: { connect: () => {} } });
  return { all, say: (content, msg_type = "update_display_data") => say({ header: { msg_type }, content }) };
}

test("the output that is meant is replaced, and no other one", () => {
  const { all, say } = createNotebook(output(["half", " way"], "a"), output("half way", "b"), { output_type: "stream", text: "x" });
  say(output("Completed", "a"));
  say(output("Completed", "c"));
  say({ data: { "text/html": "of somebody else" }, metadata: {} });
  say(output("not an update", "b"), "display_data");
  assert.deepEqual(all.slice(0, 2), [output("Completed", "a"), output("half way", "b")]);
});

test("what is the same already is left alone", () => {
  const kept = output(["half", " way"], "a");
  const { all, say } = createNotebook(kept);
  say(output("half way", "a"));
  assert.equal(all[0], kept);
});
