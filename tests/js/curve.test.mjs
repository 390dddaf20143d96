// The curve of the speed: what it says, and where its points lie.

import assert from "node:assert/strict";
import { test } from "node:test";

import { curveWords, pathOf } from "../../oss_jupyter/notebook/panel/static/common/curve.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";

const MIB = 1024; // KiB

const pointsOf = (path) => path.slice(1).split("L").map((point) => point.split(",").map(Number));

test("the newest point stands at the right, and the fastest one at the top", () => {
  const points = pointsOf(pathOf([0, 4 * MIB, 8 * MIB, 2 * MIB]));
  assert.equal(points.at(-1)[0], 120);
  assert.deepEqual(points.map(([, y]) => y), [17, 9, 1, 13]);
  assert.ok(points.every(([x], index) => index === 0 || x > points[index - 1][0]));
});

test("sixty points fill it, and a line that stands still lies at the bottom", () => {
  const points = pointsOf(pathOf(new Array(60).fill(0)));
  assert.deepEqual([points[0], points.at(-1)], [[0, 17], [120, 17]]);
});

test("who does not see it is told how slow and how fast it was", () => {
  const words = curveWords([0, 4 * MIB, 8 * MIB, 2 * MIB], sayIn("en"));
  assert.equal(words, "Speed in the last 12 s: 0 B/s to 8 MiB/s");
  assert.equal(curveWords(new Array(60).fill(MIB), sayIn("en")), "Speed in the last 3 min 00 s: 1 MiB/s");
});
