// What the kernels of open notebooks and consoles publish of their uploads while these run; nobody is asked for it.

const MESSAGE_TYPE = "oss_jupyter_active"; // notebook/magics/telling.py says what is in it
// It comes every two seconds; a kernel that is silent for so long has ended or computes without a breath.
const SILENT_MS = 10_000;

// `trackers` are Lab's, of what has a kernel.
export function createHeard(trackers, silentMs = SILENT_MS) {
  const told = new Map(); // by kernel: its rows, and the timer that forgets them
  const listeners = new Set();

  function listen({ sessionContext }) {
    sessionContext.iopubMessage.connect((context, { header, content }) => {
      const kernel = context.session?.kernel?.id;
      if (header.msg_type === MESSAGE_TYPE && kernel && Array.isArray(content.rows)) take(kernel, content.rows);
    });
  }

  function take(kernel, rows) {
    clearTimeout(told.get(kernel)?.timer);
    const timer = setTimeout(() => told.delete(kernel) && tell(), silentMs);
    told.set(kernel, { rows, timer });
    tell();
  }

  function tell() {
    const rows = [...told.values()].flatMap((one) => one.rows);
    listeners.forEach((listener) => listener(rows));
  }

  for (const tracker of trackers) {
    tracker.forEach(listen);
    tracker.widgetAdded.connect((_, widget) => listen(widget));
  }
  return { follow: (listener) => listeners.add(listener) };
}
