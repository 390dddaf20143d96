// The binary that the kernel sends, taken apart; panel/state.py describes its layout.

export const PART_STATES = ["waiting", "on_the_wire", "done", "kept", "retrying", "failed"];
export const ON_THE_WIRE = PART_STATES.indexOf("on_the_wire");
export const FAILED = PART_STATES.indexOf("failed");
const LOST = ["on_the_wire", "retrying"];
const FULL = 255;

// `data` is what a widget gets for bytes: a DataView, an ArrayBuffer or a Uint8Array, or nothing yet.
export function decode(data) {
  const bytes = asBytes(data);
  if (bytes.length < 4) return null;
  const headerEnd = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, headerEnd)));
  const partsEnd = headerEnd + header.parts;
  return {
    ...header,
    partStates: bytes.subarray(headerEnd, partsEnd),
    fills: readFills(bytes.subarray(partsEnd)),
  };
}

// How full each part on the wire is, 0 to 1, by its number.
function readFills(bytes) {
  const fills = new Map();
  for (let at = 0; at + 3 <= bytes.length; at += 3) {
    fills.set(bytes[at] | (bytes[at + 1] << 8), bytes[at + 2] / FULL);
  }
  return fills;
}

// What is left to say of a transfer when its kernel has ended: nothing moves, and nothing can be asked.
export function stopped(row) {
  const shown = row.kept + row.confirmed;
  const fraction = row.total ? Math.min(row.fraction, shown / row.total) : 0;
  const state = row.state === "failed" ? row.state : "stopped";
  return { ...row, state, phase: "", moving: false, shown, fraction, can: [] };
}

// The same of the state of a card: what was on the wire is lost.
export function stoppedState(state) {
  return {
    ...stopped(state),
    partStates: state.partStates.map((code) => (LOST.includes(PART_STATES[code]) ? 0 : code)),
    fills: new Map(),
  };
}

export function countStates(partStates) {
  const counts = new Array(PART_STATES.length).fill(0);
  for (const state of partStates) counts[state] += 1;
  return counts;
}

// What can be said of a part without asking the kernel.
export function partOf(state, number) {
  const offset = (number - 1) * state.part_size;
  const length = Math.max(0, Math.min(state.part_size, state.total - offset));
  const code = state.partStates[number - 1];
  const fill = code === ON_THE_WIRE ? (state.fills.get(number) ?? 0) : null;
  return { number, offset, length, code, fill };
}

function asBytes(data) {
  if (!data) return new Uint8Array();
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
