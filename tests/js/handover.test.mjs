// What a finished upload gives away: asked for when pressed, put on the clipboard, and kept on no page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createHandOver } from "../../oss_jupyter/notebook/panel/static/card/handover.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";
import { installPage } from "./page.mjs";

installPage();
const turn = () => new Promise((resolve) => setImmediate(resolve));
const LINK = "https://host/key?x-oss-signature=abc";

function make(reply, clipboard) {
  const asked = [];
  Object.defineProperty(globalThis, "navigator", { value: { clipboard: { writeText: async (text) => clipboard(text) } }, configurable: true });
  const view = createHandOver(sayIn("en"), async (...what) => (asked.push(what), reply));
  view.update({ reads: ["pandas", "python"], files: null });
  const [link, back, told] = view.element.children;
  return { view, asked, link, back, told };
}

function textsOf(element) {
  return [element.textContent, element.value, ...element.children.flatMap(textsOf)].filter(Boolean).join(" ");
}

test("a link goes to the clipboard, and what is said of it is not the link", async () => {
  const copied = [];
  const { view, asked, link, told } = make({ text: LINK, until: 1_796_000_000, note: "It ends." }, (text) => copied.push(text));
  link.children[1].value = "7d";
  link.children[0].dispatch("click");
  await turn();
  assert.deepEqual(asked, [["link", { expires: "7d" }]]);
  assert.deepEqual(copied, [LINK]);
  assert.match(told.textContent, /^Link copied\. .* It ends\.$/);
  assert.doesNotMatch(textsOf(view.element), /x-oss-signature/);
});

test("what was refused says nothing of a copy", async () => {
  const { back, told } = make(null, () => assert.fail("nothing to copy"));
  back.children[1].value = "pandas";
  back.children[0].dispatch("click");
  await turn();
  assert.equal(told.textContent, "");
  assert.equal(back.children[0].getAttribute("aria-disabled"), "false");
});

test("only what is there is offered, and nothing once the kernel has gone", () => {
  const { view, link, back } = make(null, () => {});
  assert.deepEqual(back.children[1].children.map(({ value }) => value), ["pandas", "python"]);
  assert.equal(view.element.hidden, false);
  view.update({ reads: [], files: null });
  assert.equal(view.element.hidden, true);
  view.update({ reads: ["python"], files: {} });
  assert.deepEqual([view.element.hidden, link.hidden], [false, true]);
  view.end();
  view.update({ reads: ["python"], files: null });
  assert.equal(view.element.hidden, true);
});
