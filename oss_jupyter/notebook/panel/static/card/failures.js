// The files of a dataset that could not be sent, each with its reason: the first of them, and how many more there are.

import { createFileList } from "./filelist.js";
import { make, setShown, setText } from "../common/dom.js";
import { formatCount } from "../common/format.js";

export function createFailures(say) {
  const element = make("details", "ossj-failures");
  element.open = true;
  const title = make("summary");
  const list = createFileList(say, say("failures"), () => {});
  const more = make("div", "ossj-muted");
  element.append(title, list.element, more);

  function update(state) {
    const failed = state.files?.failed ?? 0;
    setShown(element, failed > 0);
    if (!failed) return;
    setText(title, say(failed === 1 ? "failures_one" : "failures_many", { count: formatCount(failed) }));
    list.show(state.failures.map(({ key, code, reason }) => ({ key, words: [reason, code].filter(Boolean).join(" · ") })));
    const left = failed - state.failures.length;
    setText(more, left > 0 ? say("failures_more", { count: formatCount(left) }) : "");
    setShown(more, left > 0);
  }

  return { element, update };
}
