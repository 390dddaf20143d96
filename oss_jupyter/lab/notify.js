// Tells the user that something has happened to an upload: in Lab, and on the desktop while Lab's tab is hidden.

const TOAST_MS = 10_000;

// Returns notify(kind, text); `kind` is one of Lab's: "success", "warning", "error". `show()` opens the panel.
export function createNotify({ Notification: center }, settings, show) {
  return (kind, text) => {
    if (settings.get("notifications")) center[kind](text, { autoClose: kind === "error" ? false : TOAST_MS });
    if (settings.get("browserNotifications") && document.hidden) tellDesktop(text, show);
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
