// Tells the user that something has happened to an upload: in Lab, and on the desktop while Lab's tab is hidden.

const TOAST_MS = 10_000;

// Returns notify(kind, text); `kind` is one of Lab's: "success", "warning", "error". `show()` opens the panel.
export function createNotify({ Notification: center }, say, settings, show) {
  const gather = createGather(center, say);
  return (kind, text) => {
    if (settings.get("notifications")) {
      if (kind === "success") gather(text);
      else center[kind](text, { autoClose: kind === "error" ? false : TOAST_MS });
    }
    if (settings.get("browserNotifications") && document.hidden) tellDesktop(text, show);
  };
}

// Two hundred small files that arrive one after the other are one notification, which shows the latest. Lab's centre keeps
// each for good, and its update() says whether the user has dismissed it.
export function createGather(center, say, now = Date.now) {
  let told = { id: "", at: -Infinity, others: 0 };
  return (text) => {
    const [id, at, others] = [told.id, now(), told.others + 1];
    const message = say("lab_and_others", { text, count: others });
    const close = { autoClose: TOAST_MS };
    if (at - told.at < TOAST_MS && center.update({ id, message, type: "success", ...close })) told = { id, at, others };
    else told = { id: center.success(text, close), at, others: 0 };
  };
}

// Asks the browser for its permission, which it gives only to what the user has just pressed.
export function askPermission(settings) {
  const wanted = settings.get("browserNotifications") && "Notification" in window;
  if (wanted && Notification.permission === "default") Notification.requestPermission();
}

function tellDesktop(text, show) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  // Of several tabs that say the same one is heard.
  const told = new Notification(text, { tag: text });
  told.onclick = () => {
    window.focus();
    show();
    told.close();
  };
}
