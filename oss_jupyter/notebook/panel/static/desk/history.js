// The uploads that have ended, the newest first. The kernel looks for them; no more than some pages of them are here.

import { createEnded } from "./ended.js";
import { keyOf } from "./endedlines.js";
import { button, make, placeChildren, setShown, setText } from "../common/dom.js";

export const ASK_HISTORY_AFTER_MS = 250;
// Where many small uploads end one after the other, the list is not asked for at each.
export const LOOK_BACK_AFTER_MS = 1500;
const ENDED_A_PAGE = 50;
// The kernel gives no more, see desk/ended.py.
const ENDED_MOST = 200;

// `ask(command, args)` returns a promise of the kernel's reply; `again(entry)` fills the form.
export function createHistory(say, ask, again) {
  const element = make("div", "ossj-history");
  const search = createSearch(say);
  const more = button("ossj-main", say("history_more"), () => {
    most += ENDED_A_PAGE;
    look();
  });
  const results = createResults(say, ask, again);
  element.append(search, ...results.elements, more);
  setShown(more, false);
  let most = ENDED_A_PAGE;
  let timer = 0;
  let waiting = false; // for a reply
  let lookedAt = 0;
  let stamp = "";
  let known = null; // the stamp when the list was asked for last

  const query = () => search.value.trim();

  async function look() {
    clearTimeout(timer);
    [timer, waiting, lookedAt, known] = [0, true, Date.now(), stamp];
    const asked = { text: query(), most };
    const reply = await ask("history", asked);
    waiting = false;
    if (reply.status === "gone") return undefined;
    if (asked.text !== query() || asked.most !== most) return plan(0);
    results.show(reply, asked.text, most >= ENDED_MOST);
    return setShown(more, Boolean(reply.more) && most < ENDED_MOST);
  }

  function plan(after) {
    clearTimeout(timer);
    timer = setTimeout(look, after);
  }

  search.addEventListener("input", () => {
    most = ENDED_A_PAGE;
    plan(ASK_HISTORY_AFTER_MS);
  });

  // `newStamp` is another one once an upload has ended, in whatever kernel.
  function update(newStamp, isShown) {
    stamp = newStamp;
    if (isShown && stamp !== known && !timer && !waiting) plan(Math.max(0, lookedAt + LOOK_BACK_AFTER_MS - Date.now()));
  }

  return { element, update, close: () => clearTimeout(timer) };
}

function createSearch(say) {
  const hint = { type: "search", placeholder: say("history_search_hint") };
  const search = Object.assign(make("input", "ossj-input ossj-search"), hint, { spellcheck: false, autocomplete: "off" });
  search.setAttribute("aria-label", say("history_search"));
  return search;
}

// The list, and what there is to say of it. An entry keeps its element, and with it the focus.
function createResults(say, ask, again) {
  const list = make("ul", "ossj-items");
  list.setAttribute("aria-label", say("history_list"));
  const remark = make("div", "ossj-muted ossj-history-remark");
  remark.setAttribute("role", "status");
  const made = new Map(); // element by key
  setShown(list, false);
  tell("");

  function tell(text) {
    setText(remark, text);
    setShown(remark, text !== "");
  }

  async function readBack(entry) {
    const reply = await ask("history_snippet", { url: entry.url, files: entry.files });
    tell(reply.error?.[0] ?? "");
    return reply.text ?? "";
  }

  function elementFor(entry) {
    const key = keyOf(entry);
    if (!made.has(key)) made.set(key, createEnded(entry, say, readBack, tell, again));
    return made.get(key);
  }

  function show(reply, text, all) {
    if (reply.status === "error") return tell(reply.error[0]);
    const { entries } = reply;
    const present = new Set(entries.map(keyOf));
    for (const key of made.keys()) if (!present.has(key)) made.delete(key);
    placeChildren(list, entries.map(elementFor));
    setShown(list, entries.length > 0);
    const words = [reply.off ? say("history_off") : ""];
    if (!entries.length) words.push(say(text ? "no_matches" : "history_none"));
    if (reply.more && all) words.push(say("history_older"));
    return tell(words.filter(Boolean).join(" "));
  }

  return { elements: [list, remark], show };
}
