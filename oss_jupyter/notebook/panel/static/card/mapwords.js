// How the places of a map are told: parts of a file by what the page knows of them, files of a dataset by what the kernel
// says.

import { formatCount, formatSize, listed, percent } from "../common/format.js";
import { partLine } from "../common/lines.js";
import { countKinds, KINDS, ON_THE_WIRE } from "../common/places.js";
import { partOf } from "../common/state.js";

const NAMES_TOLD = 3;
const BY_WHAT_ASKS_FOR_ATTENTION = ["failed", "retrying", "on_the_wire", "waiting", "done", "kept"];

export function wordsFor(state, say) {
  return state.files ? fileWords(state, say) : partWords(state, say);
}

function partWords(state, say) {
  const parts = formatCount(state.places.count);
  return {
    label: say("map", { parts }),
    first: say("part_of", { number: 1, parts }),
    name: (number) => say("part", { number: formatCount(number) }),
    line: (number, detail) => partLine(partOf(state, number), detail, say),
  };
}

function fileWords(state, say) {
  const files = formatCount(state.files.total);
  const name = (number) => placeName(state, number, say);
  return {
    label: say("files_map", { files }),
    first: name(1),
    name,
    line: (number, detail) => placeLine(state.places, number, detail, say),
  };
}

// File 7, or Files 61 to 70 where a place stands for ten.
function placeName({ places, files }, number, say) {
  const first = (number - 1) * places.each + 1;
  const last = Math.max(first, Math.min(files.total, number * places.each));
  if (first === last) return say("file_nth", { number: formatCount(first) });
  return say("files_from_to", { first: formatCount(first), last: formatCount(last) });
}

// Which files, as soon as the kernel has said so; of several the ones that ask for attention.
function placeLine(places, number, detail, say) {
  const found = detail?.files ?? [];
  if (!found.length) return kindLine(places, number, say);
  const [one] = [...found].sort((left, right) => attention(left) - attention(right));
  const more = hasParts(detail) ? [say("open_parts")] : [];
  if (found.length === 1) return [one.key, fileLine(one, say), ...more].join(" · ");
  const names = listed(found.slice(0, NAMES_TOLD).map((file) => file.key), say);
  const rest = found.length - NAMES_TOLD;
  const words = [rest > 0 ? say("and_more", { names, count: `${formatCount(rest)}${detail.more ? "+" : ""}` }) : names];
  if (one.reason) words.push(`${one.key}: ${one.reason}`);
  return [...words, ...more].join(" · ");
}

function kindLine(places, number, say) {
  const [kind, fill] = [places.kindOf(number), places.fillOf(number)];
  const partial = kind === ON_THE_WIRE || (fill > 0 && fill < 1);
  return `${kindWord(kind, true, say)}${partial ? ` ${say("fill", { percent: percent(fill) })}` : ""}`;
}

function attention(file) {
  return BY_WHAT_ASKS_FOR_ATTENTION.indexOf(KINDS[file.kind]);
}

// How a file that was found stands: failed · 20 KiB · it cannot be read; what could not be looked at has no size.
export function fileLine(file, say) {
  const size = file.size || KINDS[file.kind] !== "failed" ? formatSize(file.size) : "";
  return [kindWord(file.kind, true, say), size, file.reason].filter(Boolean).join(" · ");
}

export function hasParts(detail) {
  return Boolean(detail?.files?.some((file) => file.transfer_id));
}

export function kindWord(kind, ofFiles, say) {
  const name = KINDS[kind];
  return ofFiles && kind > ON_THE_WIRE ? say(`file_${name}`) : say(`part_${name}`);
}

// How many parts or files there are of each kind; null of which it is not known how many, but that there are some.
export function countsOf(state) {
  const counts = countKinds(state.places);
  if (!state.files || state.places.each < 2) return counts;
  const { sent, kept, skipped, failed, left } = state.files;
  const known = { waiting: left, done: sent, kept: kept + skipped, failed };
  return KINDS.map((name, kind) => known[name] ?? (counts[kind] ? null : 0));
}
