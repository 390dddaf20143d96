// What the kernels of open notebooks and consoles publish of their uploads while these run; nobody is asked for it.

const MESSAGE_TYPE = "oss_jupyter_active"; // notebook/magics/telling.py says what is in it
// It comes every two seconds; a kernel that is silent for so long has ended or computes without a breath.
const SILENT_MS = 10_000;

// `trackers` are Lab's, of what has a kernel.
export function createHeard(trackers, silentMs = SILENT_MS) {
  const told = new Map(); // by kernel: its rows, how many move in all, its language, and the timer that forgets them
  const listeners = new Set();

  function listen({ sessionContext }) {
    sessionContext.iopubMessage.connect((context, { header, content }) => {
      const kernel = context.session?.kernel?.id;
      if (header.msg_type === MESSAGE_TYPE && kernel && Array.isArray(content.rows)) take(kernel, content);
    });
  }

  function take(kernel, { rows, moving = 0, language = "" }) {
    clearTimeout(told.get(kernel)?.timer);
    const timer = setTimeout(() => told.delete(kernel) && tell(), silentMs);
    told.set(kernel, { rows, moving, language, timer });
    tell();
  }

  function tell() {
    const all = [...told.values()];
    const rows = all.flatMap((one) => one.rows);
    const isCut = all.some((one) => one.moving > one.rows.length);
    const moving = isCut ? all.reduce((sum, one) => sum + one.moving, 0) : 0;
    const language = all.map((one) => one.language).find(Boolean) ?? "";
    listeners.forEach((listener) => listener(rows, moving, language));
  }

  for (const tracker of trackers) {
    tracker.forEach(listen);
    tracker.widgetAdded.connect((_, widget) => listen(widget));
  }
  // Calls listener(rows, moving, language): how many move, where more do than have a row, else 0; and what a kernel speaks
  // whatever the page's language is, or "".
  return { follow: (listener) => listeners.add(listener) };
}
