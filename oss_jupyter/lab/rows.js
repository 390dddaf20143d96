// All uploads that the page knows of: those that the panel's kernel tells, and those that are heard from open notebooks.

// What that kernel knows from the disk alone; whoever has it knows more.
const OF_THE_DISK = ["elsewhere", "interrupted"];

// `uploads.follow` tells the line to the panel's kernel, `heard.follow` rows.
export function createRows(uploads, heard) {
  const listeners = new Set();
  let [line, others, othersMoving] = [null, [], 0];

  function tell() {
    const rows = allRows(line ? JSON.parse(line.model.get("state")) : [], others);
    listeners.forEach((listener) => listener(rows, othersMoving));
  }

  uploads.follow((newLine) => {
    line = newLine;
    line?.model.on("change:state", tell);
    tell();
  });
  heard.follow((rows, moving) => {
    [others, othersMoving] = [rows, moving];
    line?.hurry(); // what has begun elsewhere is to be seen soon
    tell();
  });
  // Calls listener(rows, moving) whenever they may be others; `moving` is as it is heard.
  return { follow: (listener) => listeners.add(listener) };
}

// One row for each upload.
export function allRows(told, heard) {
  const rows = new Map(told.map((row) => [row.id, row]));
  for (const row of heard) {
    if (!rows.has(row.id) || OF_THE_DISK.includes(rows.get(row.id).state)) rows.set(row.id, row);
  }
  return [...rows.values()];
}
