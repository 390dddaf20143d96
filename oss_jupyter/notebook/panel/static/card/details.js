// What is seldom wanted, folded away.

import { make, setShown, setText } from "../common/dom.js";
import { formatCount, formatDate, formatSize } from "../common/format.js";

const ROWS = ["source", "transfer_id", "upload_id", "part_size", "retries", "checkpoint", "started", "crc64", "request_id"];
// What a dataset has none of: each of its files has its own.
const OF_ONE_FILE = ["upload_id", "part_size", "crc64", "request_id"];

export function createDetails(say) {
  const element = make("details", "ossj-details");
  const list = make("dl");
  element.append(make("summary", "", say("details")), list);
  const rows = ROWS.map((name) => {
    const row = make("div");
    const value = make("dd");
    row.append(make("dt", "", say(name)), value);
    list.append(row);
    return { name, row, value };
  });

  function update(state) {
    const values = valuesOf(state, say);
    for (const { name, row, value } of rows) {
      setText(value, values[name] || say("not_known"));
      const absent = state.files ? OF_ONE_FILE.includes(name) : name === "request_id" && !values[name];
      setShown(row, !absent);
    }
  }

  return { element, update };
}

function valuesOf(state, say) {
  return {
    source: state.source,
    transfer_id: state.id,
    upload_id: state.upload_id,
    part_size: state.part_size ? `${formatSize(state.part_size)} × ${formatCount(state.parts)}` : "",
    retries: formatCount(state.retries),
    checkpoint: state.checkpoint ?? say("checkpoint_none"),
    started: state.started ? formatDate(new Date(1000 * state.started), say.language) : "",
    crc64: state.receipt?.crc64 ?? "",
    request_id: state.receipt?.request_id ?? "",
  };
}
