// What is said of an upload that has ended. No page, no kernel.

import { formatCount, formatDate, formatDuration, formatSize, formatSpeed } from "../common/format.js";

const THERE = ["completed", "completed_with_errors", "already_there"];

// Nov 29, 2026, 9:12 AM · took 3 min 12 s · 84.0 MiB/s · kept 400 MiB · 2 retries
export function endedLine(entry, say) {
  const words = [whenWords(entry.ended, say.language), ...filesWords(entry, say)];
  if (entry.seconds > 0) words.push(say("took", { time: formatDuration(entry.seconds, true) }));
  if (entry.seconds > 0 && entry.sent) words.push(formatSpeed(entry.sent / entry.seconds));
  if (entry.kept) words.push(say("kept", { size: formatSize(entry.kept) }));
  if (entry.retries) words.push(say(entry.retries === 1 ? "retries_one" : "retries_many", { count: formatCount(entry.retries) }));
  if (entry.code) words.push(entry.code);
  return words.filter(Boolean).join(" · ");
}

// A text that is no time is shown as it is.
function whenWords(ended, language) {
  const when = new Date(ended);
  if (Number.isNaN(when.getTime())) return ended;
  return formatDate(when, language, { dateStyle: "medium", timeStyle: "short" });
}

function filesWords({ files, failed }, say) {
  if (!files) return [];
  const words = [say(files === 1 ? "files_one" : "files_many", { count: formatCount(files) })];
  return failed ? [...words, say("files_failed", { count: formatCount(failed) })] : words;
}

export function isThere(entry) {
  return THERE.includes(entry.outcome);
}

export function keyOf(entry) {
  return `${entry.ended} ${entry.id} ${entry.outcome} ${entry.again}`;
}
