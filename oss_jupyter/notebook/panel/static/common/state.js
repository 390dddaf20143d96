// The binary that the kernel sends, taken apart; panel/card/card_state.py describes its layout.

import { cellPlaces, ON_THE_WIRE, partPlaces, stoppedPlaces } from "./places.js";

// What stays as it is without its kernel; of a dataset that has stopped, a file may have come so far.
const STAYING = ["completed", "completed_with_errors", "failed", "aborted"];

// `data` is what a widget gets for bytes: a DataView, an ArrayBuffer or a Uint8Array, or nothing yet.
export function decode(data) {
  const bytes = asBytes(data);
  if (bytes.length < 4) return null;
  const headerEnd = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, headerEnd)));
  const end = headerEnd + header.places;
  const shown = bytes.subarray(headerEnd, end);
  const places = header.files ? cellPlaces(shown, header.per_place) : partPlaces(shown, bytes.subarray(end));
  return { ...header, places };
}

// What is left to say of a transfer when its kernel has ended: nothing moves here, and nothing can be asked.
export function stopped(row) {
  const shown = row.kept + row.confirmed;
  const fraction = row.total ? Math.min(row.fraction, shown / row.total) : 0;
  const state = STAYING.includes(row.state) ? row.state : row.detached ? "detached" : "stopped";
  return { ...row, state, detached: false, phase: "", moving: false, shown, fraction, can: [] };
}

// The same of the state of a card.
export function stoppedState(state) {
  return { ...stopped(state), places: stoppedPlaces(state.places), wire: [] };
}

// What can be said of a part without asking the kernel.
export function partOf(state, number) {
  const offset = (number - 1) * state.part_size;
  const length = Math.max(0, Math.min(state.part_size, state.total - offset));
  const code = state.places.kindOf(number);
  const fill = code === ON_THE_WIRE ? state.places.fillOf(number) : null;
  return { number, offset, length, code, fill };
}

function asBytes(data) {
  if (!data) return new Uint8Array();
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
