// Which language JupyterLab's panel, dialog and status bar speak.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createVoice } from "../../oss_jupyter/lab/voice.js";

// Settings, what kernels say, and the voice that follows all of it; `changes` counts how often it has told of another one.
function stage(page) {
  const chosen = { language: "" };
  const told = {};
  const settings = { get: (name) => chosen[name], follow: (listener) => (told.settings = listener) };
  const uploads = { follow: (listener) => (told.line = listener) };
  const heard = { follow: (listener) => (told.heard = listener) };
  const voice = createVoice(settings, uploads, heard, page);
  const scene = { voice, changes: 0, choose, kernelSays, notebookSays };
  voice.follow(() => (scene.changes += 1));

  function choose(language) {
    chosen.language = language;
    told.settings();
  }

  function kernelSays(language) {
    told.line({ model: { get: () => language, on: () => {} } });
  }

  function notebookSays(language) {
    told.heard([], 0, language);
  }

  return scene;
}

test("an English page speaks Chinese where the kernel's environment names it, until somebody chooses English", () => {
  const scene = stage("en");
  assert.equal(scene.voice.say.language, "en");
  scene.notebookSays("zh");
  assert.equal(scene.voice.say("start"), "开始上传");
  scene.notebookSays(""); // it has ended
  scene.kernelSays("zh");
  scene.choose("en");
  assert.equal(scene.voice.say("start"), "Start upload");
  assert.equal(scene.changes, 2);
});

test("a kernel that names no language leaves the page its own, and what stays the same is not told", () => {
  const scene = stage("zh");
  scene.kernelSays("");
  scene.choose("zh");
  assert.deepEqual([scene.voice.say.language, scene.changes], ["zh", 0]);
});
