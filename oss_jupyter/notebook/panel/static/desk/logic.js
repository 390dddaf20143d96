// What the desk makes of its rows: groups, counts, what is to be seen, and the banner's sentence. No page, no kernel.

import { formatCount, formatProgress, formatSize, listed } from "../common/format.js";

const GROUP_OF = {
  queued: "active",
  running: "active",
  completing: "active",
  waiting_for_credentials: "active",
  paused: "paused",
  interrupted: "unfinished",
  completed_with_errors: "failed",
  failed: "failed",
  missing: "failed",
  unusable: "failed",
  elsewhere: "elsewhere",
  completed: "completed",
  aborted: "aborted",
};
// In the order in which they ask for attention.
export const GROUPS = ["all", "active", "paused", "unfinished", "failed", "elsewhere", "completed", "aborted"];
const NAMES_MAX = 3;

export function groupOf(row) {
  return GROUP_OF[row.state] ?? "active";
}

// How many rows each group has, "all" included.
export function countGroups(rows) {
  const counts = Object.fromEntries(GROUPS.map((group) => [group, 0]));
  for (const row of rows) {
    counts.all += 1;
    counts[groupOf(row)] += 1;
  }
  return counts;
}

// Every word of the query has to be somewhere in the file's path, the target or the id.
export function matches(row, query) {
  const text = `${row.source} ${row.url} ${row.id}`.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export function chooseRows(rows, group, query) {
  return rows.filter((row) => (group === "all" || groupOf(row) === group) && matches(row, query));
}

export function anyCan(rows, command) {
  return rows.some((row) => row.can.includes(command));
}

export function isOver(row) {
  return row.state === "completed" || row.state === "aborted";
}

// Whether every upload that a banner is about still lies where the earlier kernel left it.
export function untouched(rows) {
  return rows.length > 0 && rows.every((row) => groupOf(row) === "unfinished" || row.state === "missing");
}

// What "all" is about, and what it leaves out and why: an upload that misses something, or that its user has to name first.
export function ready(rows) {
  return rows.filter((row) => !isLeftAlone(row));
}

export function leftAlone(rows) {
  return rows.filter(isLeftAlone).map((row) => `${row.name}: ${row.error[0]} ${row.error[2]}`);
}

// What can be given up with all others: also what cannot go on, because what made it is gone.
export function discardable(rows) {
  return rows.filter((row) => !isLeftAlone(row) || !row.can.includes("forget"));
}

function isLeftAlone(row) {
  return row.state === "interrupted" && Boolean(row.error);
}

// Whether something can be asked of all that a banner is about: not while one of them is on its way already.
export function canAll(rows, command) {
  return anyCan(rows, command) && !rows.some((row) => row.moving);
}

// 2 unfinished uploads: 18.4 of 52.0 GiB already in OSS
export function bannerLine(rows, say) {
  const kind = bannerKind(rows);
  const name = `banner_${kind}_${rows.length === 1 ? "one" : "many"}`;
  const progress = progressOf(rows, say);
  return say(name, { count: formatCount(rows.length), progress, what: say("already_in_oss", { progress }) });
}

function bannerKind(rows) {
  if (rows.every((row) => row.state === "completed")) return "completed";
  if (rows.every((row) => row.state === "aborted")) return "discarded";
  return untouched(rows) ? "unfinished" : "resumed";
}

// The names of the files, as far as they fit into a line.
export function bannerNames(rows, say) {
  const names = listed(rows.slice(0, NAMES_MAX).map((row) => row.name), say);
  return rows.length > NAMES_MAX ? say("and_more", { names, count: formatCount(rows.length - NAMES_MAX) }) : names;
}

function progressOf(rows, say) {
  const left = rows.filter((row) => row.state !== "aborted");
  const inOss = left.reduce((sum, row) => sum + (row.state === "completed" ? row.total : row.kept + row.confirmed), 0);
  if (left.some((row) => row.open_ended)) return formatSize(inOss); // nobody knows how much there is in all
  const total = left.reduce((sum, row) => sum + row.total, 0);
  return formatProgress(inOss, total, say("done_of_total"));
}

// The parts and bytes that would be removed from OSS, with the banner's question.
export function storedOf(rows) {
  const parts = rows.reduce((sum, row) => sum + row.finished, 0);
  return { parts, bytes: rows.reduce((sum, row) => sum + row.kept + row.confirmed, 0) };
}

// A path as it was typed, cut into the folder to list and the beginning of a name.
export function splitPath(text) {
  const cut = Math.max(text.lastIndexOf("/"), text.lastIndexOf("\\")) + 1;
  return { folder: text.slice(0, cut), name: text.slice(cut) };
}

// A path below the folder of the notebook is written from there.
export function fromFolder(path, folder, separator) {
  const start = folder.endsWith(separator) ? folder : folder + separator;
  return path.startsWith(start) && path.length > start.length ? path.slice(start.length) : path;
}

// The name of a folder, as a button says it: data/, or all of a path that has no name.
export function lastName(path, separator) {
  const name = path.split(separator).filter(Boolean).at(-1);
  return name === undefined ? path : name + separator;
}

export function joinPath(folder, name, separator) {
  return folder.endsWith(separator) ? folder + name : folder + separator + name;
}

// What the typed path may become: the entries of its folder, as they were listed, whose names begin so.
export function completionsOf(typed, listing) {
  const { folder, name } = splitPath(typed);
  const found = listing.entries.filter((entry) => entry.name.toLowerCase().startsWith(name.toLowerCase()));
  return found.map((entry) => {
    const path = folder ? joinPath(folder, entry.name, folder.at(-1)) : entry.name;
    return path + (entry.folder ? listing.separator : "");
  });
}
