// The sentences of the card are what they should be.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as lines from "../../oss_jupyter/notebook/panel/static/common/lines.js";
import { decode } from "../../oss_jupyter/notebook/panel/static/common/state.js";
import { languageOf, sayIn } from "../../oss_jupyter/notebook/panel/static/common/messages.js";

const say = sayIn("en");
const base = decode(readFileSync(new URL("golden/state.bin", import.meta.url)));
const MIB = 1024 * 1024;

const state = (changes = {}) => ({ ...base, ...changes });

test("the language is the one asked for, else the page's, else English", () => {
  assert.equal(languageOf("", "zh-CN"), "zh");
  assert.equal(languageOf("en", "zh-CN"), "en");
  assert.equal(languageOf("", "de"), "en");
  assert.equal(languageOf("", ""), "en");
});

test("what is filled in is not filled in again, and a text that is missing shows its key", () => {
  assert.equal(say("label", { name: "{url}", url: "$&" }), "Upload of {url} to $&");
  assert.equal(say("no_such_key"), "no_such_key");
});

test("a state and a phase are told in the page's language, by their keys", () => {
  const zh = sayIn("zh");
  assert.equal(lines.statusWord(state({ state: "waiting_for_credentials" }), say), "Waiting for credentials");
  assert.equal(lines.statusWord(state({ state: "elsewhere" }), zh), "在其他内核中");
  assert.equal(lines.phaseWord(state({ phase: "waiting_for_system" }), say), "Waiting for the system");
  assert.equal(lines.phaseWord(state({ phase: "waiting_for_system" }), zh), "正在等待系统资源");
});

test("who is queued has a place, and who is not has none", () => {
  const word = (place, language = "en") => lines.statusWord(state({ state: "queued", place }), sayIn(language));
  assert.deepEqual([1, 2, 3, 4, 11, 122].map((place) => word(place)), [
    "Queued, 1st", "Queued, 2nd", "Queued, 3rd", "Queued, 4th", "Queued, 11th", "Queued, 122nd",
  ]);
  assert.equal(word(0), "Queued");
  assert.equal(word(3, "zh"), "排队中，第 3 位");
  assert.equal(lines.statusWord(state(), say), "Running");
});

test("the line says how far, how fast and how long", () => {
  assert.equal(lines.mainLine(state(), say), "44 % · 22 of 50 MiB · 2.6 MiB/s · 11 s left");
  assert.equal(lines.mainLine(state({ speed: null, left: null }), say), "44 % · 22 of 50 MiB · estimating");
  assert.equal(lines.keptLine(state(), say), "16 % kept from before · 28 % now");
  assert.equal(lines.keptLine(state({ open_ended: true }), say), ""); // of what, nobody knows
});

test("a silence is told, with the retry as long as that is true", () => {
  const silent = (retry) => lines.mainLine(state({ silent: 45, retry }), say);
  assert.equal(silent([2, 5]), "44 % · 22 of 50 MiB · no data accepted for 45 s, retrying (2 of 5)");
  assert.equal(silent([9, 5]), "44 % · 22 of 50 MiB · no data accepted for 45 s, retrying");
  assert.equal(silent(null), "44 % · 22 of 50 MiB · no data accepted for 45 s");
  const met = state({ silent: 45, retry: [9, 5], met: "The connection broke." });
  assert.match(lines.mainLine(met, say), /retrying · last error: The connection broke\.$/);
  assert.equal(lines.statusWord(met, say), "Retrying");
  assert.equal(lines.statusWord({ ...met, state: "paused" }, say), "Paused");
});

test("until the service has confirmed it stands at 99 % and names the phase", () => {
  const completing = state({ state: "completing", phase: "completing", shown: 50 * MIB, fraction: 0.99 });
  assert.equal(lines.mainLine(completing, say), "99 % · 50 of 50 MiB · Completing");
});

test("what is read again is told with how much, beside the sending and after it", () => {
  const reading = { compared: 8 * MIB, compare: 16 * MIB };
  assert.match(lines.mainLine(state(reading), say), /11 s left · comparing what was kept: 8 of 16 MiB$/);
  const alone = state({ ...reading, phase: "comparing" });
  assert.equal(lines.mainLine(alone, say), "44 % · 22 of 50 MiB · Comparing what was sent with the file: 8 of 16 MiB");
});

test("at rest only what is in OSS counts", () => {
  const paused = state({ state: "paused", moving: false });
  assert.equal(lines.mainLine(paused, say), "32 % · 16 of 50 MiB in OSS · resume whenever you like");
  assert.equal(lines.mainLine(state({ state: "failed", moving: false }), say), "32 % · 16 of 50 MiB in OSS");
  const aborted = { state: "aborted", moving: false };
  assert.equal(lines.mainLine(state({ ...aborted, parts_gone: true }), say), say("aborted_gone"));
  assert.match(lines.mainLine(state({ ...aborted, kept_here: true }), say), /in OSS · given up; running the cell again/);
  assert.match(lines.mainLine(state({ ...aborted, kept_here: false }), say), /in OSS · given up and forgotten here/);
});

test("a finished upload says so once", () => {
  const receipt = { seconds: 25, crc64: "1", sent: 50 * MIB, already_there: false, proven: "kept" };
  const done = (proven, kept) =>
    lines.mainLine(state({ state: "completed", moving: false, fraction: 1, kept, receipt: { ...receipt, proven } }), say);
  assert.equal(done("sent", 0), "50 MiB in 25 s · 2 MiB/s · 7 parts · CRC-64 verified");
  assert.match(done("kept", MIB), /verified · what was kept was read again$/);
  assert.match(done("sent", MIB), /verified · what was kept was not read again$/);
  assert.match(done("all", 0), /verified · every byte read again$/);
  const twice = state({ state: "completed", fraction: 1, receipt: { ...receipt, resent: 5 * MIB } });
  assert.match(lines.mainLine(twice, say), /50 MiB in 25 s · 2 MiB\/s · 7 parts · 5 MiB sent once more/);
  const there = state({ state: "completed", fraction: 1, receipt: { ...receipt, already_there: true } });
  assert.match(lines.mainLine(there, say), /already there/);
  assert.equal(lines.keptLine(there, say), "");
  assert.deepEqual([there, twice, state({ parts_gone: true })].map(lines.hasPlaces), [false, true, false]);
});

test("a map is drawn while it tells more than bar and line do", () => {
  assert.deepEqual([state(), state({ state: "failed" }), state({ state: "paused" })].map(lines.hasMap), [true, true, true]);
  assert.deepEqual([state({ parts: 1 }), state({ state: "completed" })].map(lines.hasMap), [false, false]);
});

test("what was already there has the tone of what is kept", () => {
  const there = state({ state: "completed", fraction: 1, kept: 0, confirmed: 0, receipt: { already_there: true } });
  assert.deepEqual(lines.barShares(there), { kept: 1, confirmed: 0, flying: 0, failed: 0 });
});

test("the three tones of the bar are together as long as the progress", () => {
  for (const changes of [{}, { fraction: 0.99 }, { fraction: 0.1 }, { kept: 0 }, { total: 0, fraction: 1 }]) {
    const { kept, confirmed, flying } = lines.barShares(state(changes));
    assert.ok(Math.min(kept, confirmed, flying) >= 0);
    assert.ok(Math.abs(kept + confirmed + flying - state(changes).fraction) < 1e-9);
  }
});

test("a link is offered only to the service's own pages", () => {
  const good = ["https://api.aliyun.com/troubleshoot?q=0003-1", "https://api.alibabacloud.com/x", "https://aliyun.com/"];
  const bad = [
    "http://api.aliyun.com/x",
    "https://aliyun.com.evil.example/x",
    "https://evilaliyun.com/",
    "https://user:pw@api.aliyun.com/",
    "https://my-bucket.oss-cn-hangzhou.aliyuncs.com/x.html",
    "javascript:alert(1)//aliyun.com",
    "AccessDenied",
    "",
  ];
  for (const url of good) assert.ok(lines.isAdvice(url), url);
  for (const url of bad) assert.ok(!lines.isAdvice(url), url);
  assert.deepEqual(lines.codeLine(`AccessDenied · 0003-1 · ${good[0]}`).map((piece) => piece.link), [false, false, true]);
});

test("a part is told in one line", () => {
  const part = { number: 3, offset: 16 * MIB, length: 8 * MIB, code: 1, fill: 0.5 };
  assert.equal(lines.partLine(part, null, say), "on the wire 50 % · 8 MiB · at 16 MiB");
  const detail = { speed: 2 * MIB, attempts: 3, error: "<b>the line broke</b>" };
  assert.equal(
    lines.partLine(part, detail, say),
    "on the wire 50 % · 8 MiB · at 16 MiB · 2 MiB/s · 3 attempts · last error: <b>the line broke</b>",
  );
});
