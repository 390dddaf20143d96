// The sentences of a dataset, made from its row alone; the same as the kernel's, see model/dataset_text.py.

import { clauses, formatCount, formatDuration, formatProgress, formatSize, formatSpeed } from "./format.js";

const OUTCOMES = ["sent", "kept", "skipped", "failed"];

// 12,403 of 88,740 files · 3 failed · 31.2 of 52.0 GiB; more of both may come while the folder is scanned.
export function filesSoFar(state, say) {
  const { files } = state;
  if (files.scanning && !files.total && state.state === "queued") return [];
  if (files.scanning && !files.total && state.state === "running") return [say("looking_for_files")];
  const count = { done: formatCount(files.done), total: formatCount(files.total) };
  const progress = bytesSoFar(state, state.moving ? state.shown : state.kept + state.confirmed, say);
  return [
    say(files.scanning ? "files_of_at_least" : "files_of", count),
    ...outcomes(files, ["failed"], say),
    state.moving ? progress : say("in_oss", { progress }),
  ];
}

function bytesSoFar({ files, total }, done, say) {
  if (!files.scanning) return formatProgress(done, total, say("done_of_total"));
  return say("done_of_at_least", { done: formatSize(done), total: formatSize(total) });
}

// 412 files/s, where that is known.
export function filesSpeed({ files }, say) {
  return files.speed === null ? [] : [filesPerSecond(files.speed, say)];
}

function filesPerSecond(speed, say) {
  return say("files_per_second", { count: speed < 9.95 ? speed.toFixed(1) : formatCount(Math.round(speed)) });
}

// 88,740 files · 52.0 GiB · 12 min 03 s · 84 MiB/s · 412 files/s · 80,000 sent, 8,737 already there, 3 failed
export function filesDone({ files, receipt, total }, say) {
  const count = formatCount(files.total);
  if (receipt.already_there) {
    if (!files.total) return [say("nothing_to_send")];
    return [files.total === 1 ? say("nothing_sent") : say("all_files_there", { count }), formatSize(total)];
  }
  const words = [say(files.total === 1 ? "files_one" : "files_many", { count }), formatSize(total)];
  words.push(formatDuration(receipt.seconds, true));
  if (files.sent && receipt.seconds > 0) {
    words.push(formatSpeed(receipt.sent / receipt.seconds), filesPerSecond(files.sent / receipt.seconds, say));
  }
  return [...words, clauses(outcomes(files, OUTCOMES, say), say)];
}

// 300 sent, 1,204 kept from before, 12,000 already there; said only where something had not to be sent, and not twice.
export function filesKept({ files, receipt }, say) {
  return receipt || !(files.kept || files.skipped) ? "" : clauses(outcomes(files, ["sent", "kept", "skipped"], say), say);
}

function outcomes(files, names, say) {
  return names.filter((name) => files[name]).map((name) => say(`files_${name}`, { count: formatCount(files[name]) }));
}
