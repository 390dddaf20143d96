// What is on the wire of a dataset now. Small files come and go: the list keeps its height, so that nothing below it jumps.

import { createFileList } from "./filelist.js";
import { formatProgress, formatSize } from "../common/format.js";
import { make, setShown } from "../common/dom.js";

const FILE_ROW_PX = 22;

export function createWire(say, open) {
  const element = make("div", "ossj-wire-now");
  const list = createFileList(say, say("wire_now"), open);
  element.append(make("div", "ossj-muted", say("wire_now")), list.element);
  let most = 0;

  function update({ moving, wire }) {
    most = moving ? Math.max(most, wire.length) : 0;
    setShown(element, most > 0);
    list.element.style.minHeight = `${FILE_ROW_PX * most}px`;
    list.show(wire.map((file) => ({ key: file.key, words: amountOf(file, say), transferId: file.transfer_id })));
    setShown(list.element, true);
  }

  return { element, update };
}

// A file that is gone in an instant has a size only.
function amountOf({ size, sent, transfer_id: transferId }, say) {
  return transferId ? formatProgress(sent, size, say("done_of_total")) : formatSize(size);
}
