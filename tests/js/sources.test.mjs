// Which files JupyterLab's user means.

import assert from "node:assert/strict";
import { test } from "node:test";

import { draggedFiles } from "../../oss_jupyter/lab/sources.js";

test("of what is dragged a folder is known by its end, and what is gone meanwhile is a path still", async () => {
  const types = { folder: "directory", "a.bin": "file" };
  const contents = {
    localPath: (path) => path,
    get: async (path) => (types[path] ? { type: types[path] } : Promise.reject(new Error("404"))),
  };
  assert.deepEqual(await draggedFiles(contents, ["folder", "gone.bin", "a.bin"]), ["folder/", "gone.bin", "a.bin"]);
});
