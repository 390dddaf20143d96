// The list of the desk without a page: groups, counts, filter and search, the banner's sentence, and paths as typed.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as logic from "../../oss_jupyter/notebook/panel/static/desk/logic.js";
import { sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";

const MIB = 1024 * 1024;
const say = sayIn("en");

function row(changes = {}) {
  const base = { id: "k5ffjj43", source: "/data/trips 2024.parquet", name: "trips 2024.parquet", state: "running" };
  const numbers = { total: 50 * MIB, kept: 8 * MIB, confirmed: 8 * MIB, finished: 2 };
  return { ...base, url: "oss://my-bucket/raw/trips.parquet", ...numbers, can: ["pause", "abort"], ...changes };
}

const STATES = [
  "queued", "running", "completing", "waiting_for_credentials", "paused", "interrupted", "failed", "missing",
  "elsewhere", "completed", "aborted",
];

test("every state is counted once, in a group that has a name", () => {
  const rows = STATES.map((state) => row({ state }));
  const counts = logic.countGroups(rows);
  assert.deepEqual(counts, {
    all: 11, active: 4, paused: 1, unfinished: 1, failed: 2, elsewhere: 1, completed: 1, aborted: 1,
  });
  for (const group of logic.GROUPS) assert.notEqual(say(`group_${group}`), `group_${group}`);
});

test("a filter and a search both have to fit, and the order stays", () => {
  const rows = [row({ id: "a" }), row({ id: "b", state: "paused" }), row({ id: "c", state: "paused", source: "/x/small.csv" })];
  const chosen = (...how) => logic.chooseRows(rows, ...how).map(({ id }) => id);
  assert.deepEqual(chosen("all", ""), ["a", "b", "c"]);
  assert.deepEqual(chosen("paused", ""), ["b", "c"]);
  assert.deepEqual(chosen("all", "TRIPS 2024"), ["a", "b"]);
  assert.deepEqual(chosen("paused", "small"), ["c"]);
  assert.deepEqual(chosen("completed", ""), []);
});

test("a search finds words of the path, the target and the id, in any order", () => {
  for (const query of ["parquet", "my-bucket trips", "k5ff", "2024 raw", ""]) assert.ok(logic.matches(row(), query), query);
  assert.ok(!logic.matches(row(), "trips csv"));
  assert.ok(!logic.matches(row(), ".*"), "it is no pattern");
});

test("the banner says how many and how much, and then what became of them", () => {
  const waiting = { state: "interrupted", can: ["resume", "abort"] };
  const two = [row(waiting), row({ ...waiting, id: "b", total: 10 * MIB, kept: 0, confirmed: 0 })];
  assert.equal(logic.bannerLine(two, say), "2 unfinished uploads: 16 of 60 MiB already in OSS");
  assert.equal(logic.bannerLine([row(waiting)], say), "1 unfinished upload: 16 of 50 MiB already in OSS");
  assert.equal(logic.bannerLine([row(), two[1]], say), "2 uploads from before: 16 of 60 MiB in OSS");
  assert.match(logic.bannerLine([row({ state: "completed" })], say), /complete: 50 of 50 MiB in OSS$/);
  assert.match(logic.bannerLine([row({ state: "aborted" })], say), /discarded/);
});

test("as long as nothing was asked for, the banner keeps its buttons", () => {
  assert.ok(logic.untouched([row({ state: "interrupted" }), row({ state: "missing" })]));
  assert.ok(!logic.untouched([row({ state: "interrupted" }), row()]));
  assert.ok(!logic.untouched([]));
});

test("all of them can be resumed as long as none of them runs", () => {
  const waiting = row({ state: "interrupted", moving: false, can: ["resume", "abort"] });
  assert.ok(logic.canAll([waiting, row({ state: "completed", moving: false, can: [] })], "resume"));
  assert.ok(!logic.canAll([waiting, row({ moving: true })], "resume"));
  assert.ok(!logic.canAll([row({ state: "completed", moving: false, can: [] })], "resume"));
});

test("few names are all there, and of many the first three", () => {
  const rows = ["a", "b", "c", "d", "e"].map((name) => row({ name }));
  assert.equal(logic.bannerNames(rows.slice(0, 2), say), "a, b");
  assert.equal(logic.bannerNames(rows, say), "a, b, c and 2 more");
});

test("what would be removed is summed up", () => {
  assert.deepEqual(logic.storedOf([row(), row()]), { parts: 4, bytes: 32 * MIB });
});

test("paths are cut and joined as they were typed", () => {
  assert.deepEqual(logic.splitPath("data/raw/tr"), { folder: "data/raw/", name: "tr" });
  assert.deepEqual(logic.splitPath("tr"), { folder: "", name: "tr" });
  assert.deepEqual(logic.splitPath("C:\\data\\tr"), { folder: "C:\\data\\", name: "tr" });
  assert.equal(logic.joinPath("/", "data", "/"), "/data");
  assert.equal(logic.joinPath("/data", "x", "/"), "/data/x");
  assert.equal(logic.fromFolder("/home/me/data/x", "/home/me", "/"), "data/x");
  assert.equal(logic.fromFolder("/home/meadow/x", "/home/me", "/"), "/home/meadow/x");
});

test("what `all` leaves out is named with the reason and the way", () => {
  const error = ["Its endpoint is none of your settings.", "", "Name it.", "AsksFirst"];
  const rows = [row({ state: "interrupted", error }), row({ state: "interrupted", error: null }), row({ state: "failed", error })];
  assert.deepEqual(logic.ready(rows), rows.slice(1));
  assert.deepEqual(logic.leftAlone(rows), ["trips 2024.parquet: Its endpoint is none of your settings. Name it."]);
});

test("a stream whose maker is gone is left alone where all are resumed, and not where all are given up", () => {
  const error = ["What made it is gone.", "", "Run the cell again.", "StreamGone"];
  const gone = row({ state: "interrupted", error, can: ["abort", "settings"], open_ended: true });
  const foreign = row({ state: "interrupted", error, can: ["resume", "abort", "forget", "settings"] });
  assert.deepEqual(logic.ready([gone, foreign]), []);
  assert.deepEqual(logic.discardable([gone, foreign]), [gone]);
  assert.equal(logic.bannerLine([gone], say), "1 unfinished upload: 16 MiB already in OSS");
});

test("a checkpoint that cannot be used asks for attention like a failure", () => {
  assert.equal(logic.groupOf(row({ state: "unusable" })), "failed");
});

test("a typed path is completed from its folder, whatever the case, and folders go on", () => {
  const entries = [{ name: "Trips", folder: true }, { name: "trips.csv", folder: false }, { name: "x.csv", folder: false }];
  const listing = { entries, separator: "/" };
  assert.deepEqual(logic.completionsOf("tr", listing), ["Trips/", "trips.csv"]);
  assert.deepEqual(logic.completionsOf("data/TRIPS.", listing), ["data/trips.csv"]);
});

test("a folder is named as a button says it", () => {
  assert.deepEqual(["/home/me/data", "data/", "/", "C:\\data\\"].map((path) => logic.lastName(path, path.includes("\\") ? "\\" : "/")), [
    "data/", "data/", "/", "data\\",
  ]);
});

test("a dataset with failed files asks for attention, and is not over", () => {
  const row = { state: "completed_with_errors", can: ["resume", "abort"] };
  assert.deepEqual([logic.groupOf(row), logic.isOver(row)], ["failed", false]);
});
