// Where each place lies on the map. A few are wide blocks in one row; many are small squares that fill the width.

const BLOCK_MIN_PX = 16;
const ROW_PX = 18;
const PITCH_MAX_PX = 14;
const PITCH_MIN_PX = 2;
const HEIGHT_MAX_PX = 150;

// `rowHeight` and the width of a column include the gap to the neighbour.
export function layOut(count, width) {
  if (count * BLOCK_MIN_PX <= width) return grid(count, width, 1, ROW_PX);
  for (let pitch = PITCH_MAX_PX; ; pitch -= 1) {
    const rows = Math.ceil(count / Math.max(1, Math.floor(width / pitch)));
    if (rows * pitch <= HEIGHT_MAX_PX || pitch === PITCH_MIN_PX) return grid(count, width, rows, pitch);
  }
}

function grid(count, width, rows, rowHeight) {
  // As many columns as the rows need and no more, so that the last row is nearly as full as the others.
  const columns = Math.max(1, Math.ceil(count / rows));
  const gap = rowHeight >= 10 ? 2 : rowHeight >= 3 ? 1 : 0;
  return { count, columns, rows: Math.ceil(count / columns), width, height: rows * rowHeight, rowHeight, gap };
}

// The box of a place (numbers count from 1), without the gap, with edges on whole device pixels.
export function boxOf(layout, number, pixelRatio = 1) {
  const index = number - 1;
  const column = index % layout.columns;
  const row = Math.floor(index / layout.columns);
  const columnWidth = layout.width / layout.columns;
  const snap = (value) => Math.round(value * pixelRatio);
  const gap = Math.min(snap(layout.gap), Math.floor(snap(columnWidth) / 2));
  const x = snap(column * columnWidth);
  const y = snap(row * layout.rowHeight);
  return {
    x,
    y,
    width: Math.max(1, snap((column + 1) * columnWidth) - x - gap),
    height: Math.max(1, snap((row + 1) * layout.rowHeight) - y - gap),
  };
}

// The place under a point of the map, or null.
export function placeAt(layout, x, y) {
  if (x < 0 || y < 0 || x >= layout.width || y >= layout.height) return null;
  const column = Math.floor((x / layout.width) * layout.columns);
  const number = Math.floor(y / layout.rowHeight) * layout.columns + column + 1;
  return number <= layout.count ? number : null;
}

// The place that a key leads to, or null for a key that means nothing here.
export function placeAfterKey(layout, number, key) {
  const steps = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: layout.columns,
    ArrowUp: -layout.columns,
    PageDown: 10 * layout.columns,
    PageUp: -10 * layout.columns,
    Home: -layout.count,
    End: layout.count,
  };
  if (!(key in steps)) return null;
  return Math.min(layout.count, Math.max(1, number + steps[key]));
}
