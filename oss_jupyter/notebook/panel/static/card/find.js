// Finding one file among many, by a piece of its name. The kernel looks; what was found is looked at again while it moves.

import { createFileList } from "./filelist.js";
import { fileLine } from "./mapwords.js";
import { make, setShown, setText } from "../common/dom.js";

export const ASK_AFTER_TYPING_MS = 250;
export const LOOK_AGAIN_MS = 2000;
// Among very many files the kernel takes a while: of its time no more than one part in so many is asked for again.
export const PARTS_OF_TIME = 50;

// `ask(text)` returns a promise of the kernel's reply.
export function createFind(say, ask, open) {
  const element = make("div", "ossj-find");
  const input = Object.assign(make("input", "ossj-input ossj-find-input"), { type: "search", placeholder: say("find_file") });
  input.setAttribute("aria-label", say("find_file"));
  Object.assign(input, { spellcheck: false, autocomplete: "off" });
  const list = createFileList(say, say("files_found"), open);
  list.element.tabIndex = 0; // it scrolls
  const remark = make("div", "ossj-muted");
  remark.setAttribute("role", "status");
  element.append(input, list.element, remark);
  let timer = 0;
  let waiting = false; // for a reply
  let tookMs = 0; // the latest
  showReply(null);

  const query = () => input.value.trim();

  function showReply(reply) {
    const files = reply?.files ?? [];
    list.show(files.map((file) => ({ key: file.key, words: fileLine(file, say), transferId: file.transfer_id })));
    const words = reply?.error?.[0] ?? (reply?.more ? say("find_more") : say("find_none"));
    setText(remark, reply && (reply.error || reply.more || !files.length) ? words : "");
    setShown(remark, remark.textContent !== "");
  }

  async function look() {
    clearTimeout(timer);
    timer = 0;
    const text = query();
    if (!text) return showReply(null);
    waiting = true;
    const askedAt = Date.now();
    const reply = await ask(text);
    tookMs = Date.now() - askedAt;
    waiting = false;
    if (text !== query()) return again(0);
    if (reply.status === "ok" || reply.error) showReply(reply);
    return undefined;
  }

  function again(after) {
    clearTimeout(timer);
    timer = setTimeout(look, after);
  }

  input.addEventListener("input", () => (query() ? again(ASK_AFTER_TYPING_MS) : look()));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") look();
    if (event.key !== "Escape" || !input.value) return;
    input.value = "";
    look();
  });

  function update() {
    if (query() && !timer && !waiting) again(Math.max(LOOK_AGAIN_MS, PARTS_OF_TIME * tookMs));
  }

  return { element, update, close: () => clearTimeout(timer) };
}
