// The list of transfers: filters with counters, search, what can be done to all, and the rows.

import { createRow } from "./row.js";
import { anyCan, chooseRows, countGroups, GROUPS, isOver } from "./logic.js";
import { button, make, placeChildren, setAttribute, setShown, setText } from "../common/dom.js";
import { formatCount } from "../common/format.js";

// `ask(command, args)` returns a promise of the reply; `tell(reply)` shows why something was refused.
// `detail` is the element of what was opened, which stands under its row.
export function createList(say, ask, tell, onDetails, detail) {
  const element = make("div", "ossj-uploads");
  const bar = createToolbar(say, ask, tell, refresh);
  const list = make("ul", "ossj-items");
  list.setAttribute("aria-label", say("list"));
  const nothing = make("div", "ossj-nothing ossj-muted");
  element.append(bar.element, list, nothing);
  const made = new Map(); // row by id
  let rows = [];
  let opened = "";

  function refresh() {
    const chosen = chooseRows(rows, bar.group(rows), bar.query());
    bar.update(rows, chosen);
    const present = new Set(rows.map((row) => row.id));
    for (const id of made.keys()) if (!present.has(id)) made.delete(id);
    placeChildren(list, chosen.flatMap((row) => (row.id === opened ? [rowFor(row), detail] : [rowFor(row)])));
    setText(nothing, say(rows.length ? "no_matches" : "no_uploads"));
    setShown(nothing, chosen.length === 0);
    setShown(list, chosen.length > 0);
  }

  function rowFor(row) {
    if (!made.has(row.id)) made.set(row.id, createRow(say, ask, tell, onDetails));
    const item = made.get(row.id);
    item.update(row, row.id === opened);
    return item.element;
  }

  function update(newRows, newOpened, toolbar) {
    [rows, opened] = [newRows, newOpened];
    setShown(bar.element, toolbar && rows.length > 0);
    refresh();
  }

  return { element, update };
}

function createToolbar(say, ask, tell, onChange) {
  const element = make("div", "ossj-toolbar");
  const filters = make("div", "ossj-filters");
  filters.setAttribute("role", "group");
  filters.setAttribute("aria-label", say("filter"));
  let chosen = "all";
  let only = null;
  const chips = GROUPS.map((group) => {
    const chip = button("ossj-chip", "", () => {
      chosen = group;
      onChange();
    });
    const count = make("span", "ossj-count");
    chip.append(`${say(`group_${group}`)} `, count);
    filters.append(chip);
    return { group, chip, count };
  });
  const search = Object.assign(make("input", "ossj-input ossj-search"), { type: "search", placeholder: say("search_hint") });
  search.setAttribute("aria-label", say("search"));
  search.addEventListener("input", onChange);
  // All, or what is listed while there is a search or a filter.
  const askAll = async (command) => tell(await ask(command, only ? { only } : {}));
  const pause = button("", say("pause_all"), () => askAll("pause_all"));
  const resume = button("", say("resume_all"), () => askAll("resume_all"));
  const clear = button("ossj-quiet", say("clear"), () => askAll("clear"));
  const buttons = make("div", "ossj-buttons");
  buttons.append(pause, resume, clear);
  element.append(filters, search, buttons);

  function update(rows, listed) {
    only = listed.length < rows.length ? listed.map(({ id }) => id) : null;
    const counts = countGroups(rows);
    for (const { group, chip, count } of chips) {
      setText(count, formatCount(counts[group]));
      setShown(chip, group === "all" || counts[group] > 0);
      setAttribute(chip, "aria-pressed", group === chosen);
    }
    setText(pause, say(only ? "pause_listed" : "pause_all"));
    setText(resume, say(only ? "resume_listed" : "resume_all"));
    setAttribute(pause, "aria-disabled", !anyCan(listed, "pause"));
    setAttribute(resume, "aria-disabled", !anyCan(listed, "resume"));
    setAttribute(clear, "aria-disabled", !rows.some(isOver));
  }

  // A filter that nothing is left of is none.
  function group(rows) {
    if (!countGroups(rows)[chosen]) chosen = "all";
    return chosen;
  }

  return { element, update, group, query: () => search.value.trim() };
}
