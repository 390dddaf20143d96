// What JupyterLab says of uploads while their panel is closed: an item of the status bar, and a word when one has ended.

import { formatCount, formatLeft, formatSpeed } from "../notebook/panel/static/common/format.js";
import { announcement } from "../notebook/panel/static/common/lines.js";
import { button, setText } from "../notebook/panel/static/common/dom.js";
import { addStyles } from "./styles.js";

// The states that are worth a word, and the kind of notification that it gets.
const WORTH_A_WORD = {
  completed: "success",
  completed_with_errors: "warning",
  failed: "error",
  waiting_for_credentials: "warning",
  interrupted: "warning",
};
// Lab cuts a notification after 140 characters, and what has become of the upload stands behind its name.
const NAME_LONGEST = 60;

// "↑ 2 uploads · 84 MiB/s · 12 min 00 s left", or "" where nothing runs. The longest time counts. At least `least`
// move: not all of them may have a row.
export function statusText(rows, say, least = 0) {
  const moving = rows.filter((row) => row.moving);
  if (!moving.length) return "";
  const count = Math.max(moving.length, least);
  const words = [say(count === 1 ? "lab_upload_runs" : "lab_uploads_run", { count: formatCount(count) })];
  const speed = moving.reduce((sum, row) => sum + (row.speed ?? 0), 0);
  if (speed) words.push(formatSpeed(speed));
  if (moving.every((row) => row.left !== null && row.left !== undefined)) {
    words.push(say("left", { time: formatLeft(Math.max(...moving.map((row) => row.left))) }));
  }
  return words.join(" · ");
}

// Returns tell(rows), which calls notify(kind, text) for those that came to a state worth a word since the last time, or that
// began after `since`, in seconds since the epoch, and were over before anybody told of them.
export function createNews(notify, say, since = performance.timeOrigin / 1000) {
  const known = new Map(); // rows by id
  return (rows) => {
    for (const row of rows) {
      const before = known.get(row.id);
      known.set(row.id, row);
      const kind = WORTH_A_WORD[row.state];
      const told = before ? isNews(before, row) : row.started >= since;
      if (kind && told) notify(kind, announcement({ ...row, name: shortened(row.name) }, say));
    }
  };
}

// Only what moved can be interrupted: what rests is the same after its kernel has ended.
function isNews(before, row) {
  return before.state !== row.state && (row.state !== "interrupted" || before.moving);
}

// Returns a name with its middle left out, for its end is what files differ by.
function shortened(name) {
  const signs = [...name];
  if (signs.length <= NAME_LONGEST) return name;
  const half = Math.floor(NAME_LONGEST / 2);
  return `${signs.slice(0, half).join("")}…${signs.slice(-half).join("")}`;
}

// Follows all uploads in the status bar, where there is one, and by `notify(kind, text)`. `show()` opens the panel.
export function addStatus({ statusBar, Signal, Widget }, say, all, show, notify) {
  addStyles();
  const item = new Widget();
  item.addClass("ossj-lab-status");
  const press = button("ossj-lab-status-button", "", show);
  item.node.append(press);
  const changed = new Signal(item);
  statusBar?.registerStatusItem("oss_jupyter:status", {
    item,
    align: "left",
    rank: 900,
    isActive: () => press.textContent !== "",
    activeStateChanged: changed,
  });

  const news = createNews(notify, say);

  // Returned, so that what was known before is shown at once.
  function look(rows, moving) {
    setText(press, statusText(rows, say, moving));
    changed.emit(undefined);
    news(rows);
  }
  all.follow(look);
  return look;
}
