// The shape of the page's modules: functions short enough to be seen at once.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDERS = ["notebook/panel/static/", "lab/"].map((name) => new URL(`../../oss_jupyter/${name}`, import.meta.url));
const LINES_MAX = 59;
// A declaration, a method, or an arrow with a body; each ends at the first bracket that is indented as its first line.
const OPENS = /^( *)(?! )(?!(?:if|for|while|switch|else|catch|try)\b)(?:.*\bfunction\b.*\{|.*=> \{|(?:async )?\w+\(.*\) \{)$/;

function functionsOf(code) {
  const lines = code.split("\n");
  return lines.flatMap((line, start) => {
    const opens = line.match(OPENS);
    if (!opens) return [];
    const length = lines.slice(start + 1).findIndex((later) => later.startsWith(`${opens[1]}}`));
    return [{ line: line.trim(), length: length < 0 ? Infinity : length + 2 }];
  });
}

test("no function is longer than a page", () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".js")).map((name) => new URL(name, folder)),
  );
  const found = files.flatMap((file) =>
    functionsOf(readFileSync(file, "utf8")).map((one) => ({ name: file.pathname, ...one })),
  );
  assert.ok(found.length > 200, `${found.length} functions were found`);
  assert.deepEqual(found.filter(({ length }) => length > LINES_MAX), []);
});

test("a function is measured from its first line to its last", () => {
  const code = "export function f(a) {\n  const g = () => {\n    return 1;\n  };\n}\n  async h(x) {\n  }";
  assert.deepEqual(functionsOf(code).map(({ length }) => length), [5, 3, 2]);
});
