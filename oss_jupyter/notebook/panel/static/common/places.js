// What a map shows: the parts of a file, or the files of a dataset. Each has a place; where files are many, a place stands
// for several. Numbers count from 1.

export const KINDS = ["waiting", "on_the_wire", "done", "kept", "retrying", "failed"];
export const WAITING = KINDS.indexOf("waiting");
export const ON_THE_WIRE = KINDS.indexOf("on_the_wire");
export const DONE = KINDS.indexOf("done");
export const FAILED = KINDS.indexOf("failed");
export const RETRYING = KINDS.indexOf("retrying");
const FULL_PART = 255;
const FULL_CELL = 31;

// `bytes`: a kind for each part; `wire`: three bytes for each part on the wire, its number and how full it is.
export function partPlaces(bytes, wire) {
  const fills = new Map();
  for (let at = 0; at + 3 <= wire.length; at += 3) fills.set(wire[at] | (wire[at + 1] << 8), wire[at + 2] / FULL_PART);
  const kindOf = (number) => bytes[number - 1];
  const fillOf = (number) => (kindOf(number) === ON_THE_WIRE ? (fills.get(number) ?? 0) : Number(kindOf(number) !== WAITING));
  return { count: bytes.length, each: 0, kindOf, fillOf };
}

// `bytes`: a cell for each place, three bits of which are its kind and five how far its files are; `each`: how many they are.
export function cellPlaces(bytes, each) {
  const kindOf = (number) => bytes[number - 1] & 7;
  return { count: bytes.length, each, kindOf, fillOf: (number) => (bytes[number - 1] >> 3) / FULL_CELL };
}

// What is left of them when the kernel has ended: what was on the wire is lost.
export function stoppedPlaces(places) {
  const lost = (number) => [ON_THE_WIRE, RETRYING].includes(places.kindOf(number));
  const kindOf = (number) => (lost(number) ? WAITING : places.kindOf(number));
  const fillOf = (number) => (lost(number) && places.each < 2 ? 0 : places.fillOf(number));
  return { ...places, kindOf, fillOf };
}

export function countKinds(places) {
  const counts = new Array(KINDS.length).fill(0);
  for (let number = 1; number <= places.count; number += 1) counts[places.kindOf(number)] += 1;
  return counts;
}
