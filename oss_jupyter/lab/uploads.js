// The kernel that uploads what JupyterLab was asked to upload: it belongs to no notebook. It is started when it is first
// needed and found again by its session after a reload. What it says is pulled, and seldom while nothing moves.

import { createModel } from "./model.js";

export const SESSION_TYPE = "oss_jupyter";
export const SESSION_NAME = "OSS uploads";
// While something moves or was just asked for; while somebody looks; and else.
export const PULL_MS = { lively: 1000, shown: 10_000, hidden: 60_000 };
const LIVELY_AFTER_MS = 5000;
// Whoever wants the line learns within this whether there is still somebody at its other end.
const CHECK_AFTER_MS = 5000;
// What a kernel told is not shown for longer when the line to it is cut; a network that comes and goes is put up with.
const CUT_OFF_AFTER_MS = 10_000;
const AGAIN_AFTER_MS = 10_000;
const SET_UP = `%load_ext oss_jupyter
from oss_jupyter.notebook.panel.show import serve_lab
serve_lab()`;

// `services` is Lab's service manager.
export function createUploads(services) {
  const listeners = new Set();
  let opening = null; // a promise of the line to the kernel
  let checkedAt = 0;

  // Returns a promise of the line to the kernel; the kernel is started if there is none. Rejects with words of the kernel.
  async function open() {
    if (opening && Date.now() - checkedAt > CHECK_AFTER_MS) await check();
    opening ??= connect().catch((error) => {
      opening = null;
      throw error;
    });
    return opening;
  }

  async function connect() {
    await reach(services);
    await Promise.all([check(), services.kernelspecs.ready]);
    const found = running(services);
    const session = found ? services.sessions.connectTo({ model: found }) : await start(services);
    await setUp(session);
    const line = createLine(session, () => listeners.forEach((tell) => tell(null)));
    watchKernel(session.kernel, (mayReturn) => {
      if (!line.close()) return;
      opening = null;
      if (mayReturn) findAgain(line.isShown());
    });
    await line.pull();
    listeners.forEach((tell) => tell(line));
    return line;
  }

  // Lets Lab see whether the kernel has ended by itself: Lab looks now and then, and seldom while its tab is hidden.
  async function check() {
    checkedAt = Date.now();
    await services.sessions.refreshRunning().catch(() => {});
  }

  // Takes up the kernel of an earlier page, if it is there.
  async function find() {
    await services.sessions.ready;
    if (running(services)) await open().catch(() => {});
  }

  // Waits until the server answers; whoever looked sees all uploads then, and what moves there is followed.
  async function findAgain(isShown) {
    await untilThere(services);
    if (isShown || running(services)) await open().catch(() => {});
  }

  // Calls tell(line) now and whenever there is another line, with null when it is lost. Returns how to stop.
  function follow(tell) {
    listeners.add(tell);
    opening?.then((line) => listeners.has(tell) && tell(line), () => {});
    return () => listeners.delete(tell);
  }

  return { open, find, follow };
}

// Rejects where no server answers: a kernel that Lab still knows would be waited for without an end.
function reach(services) {
  return services.contents.get("", { content: false });
}

async function untilThere(services) {
  while (!(await reach(services).then(Boolean, () => false))) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  }
  await services.sessions.refreshRunning();
}

// Returns the session of the kernel that uploads, as Lab's list of sessions has it.
function running(services) {
  return [...services.sessions.running()].find((model) => model.type === SESSION_TYPE);
}

function start(services) {
  return services.sessions.startNew({
    name: SESSION_NAME,
    path: SESSION_NAME,
    type: SESSION_TYPE,
    kernel: { name: services.kernelspecs.specs?.default },
  });
}

// Calls onEnd(mayReturn) when nobody answers there any more, perhaps several times. What its user has ended does not return.
function watchKernel(kernel, onEnd) {
  let timer = 0;
  kernel.disposed.connect(() => {
    clearTimeout(timer);
    onEnd(Boolean(timer));
  });
  kernel.statusChanged.connect((_, status) => {
    if (status === "restarting" || status === "autorestarting") onEnd(true);
    if (status === "dead") onEnd(false);
  });
  kernel.connectionStatusChanged.connect((_, status) => {
    if (status !== "connected") return void (timer ||= setTimeout(onEnd, CUT_OFF_AFTER_MS, true));
    clearTimeout(timer);
    timer = 0;
  });
}

// A kernel that cannot upload is of no use, and is ended.
async function setUp(session) {
  const { content } = await session.kernel.requestExecute({ code: SET_UP, store_history: false, stop_on_error: false }).done;
  if (content.status === "ok") return;
  await session.shutdown();
  throw Object.assign(new Error([content.ename, content.evalue].filter(Boolean).join(": ")), { ofKernel: true });
}

// Returns why there is no line, in the words of the page.
export function whyNot(error, say) {
  return `${say(error.ofKernel ? "lab_unfit_kernel" : "lab_no_kernel")} ${error.message}`;
}

function createLine(session, onLost) {
  let [timer, livelyUntil, movedAt, shown, closed] = [0, 0, Date.now(), false, false];
  const model = createModel(session.kernel, hurry);

  // What was asked for is seen soon.
  function hurry() {
    livelyUntil = Date.now() + LIVELY_AFTER_MS;
    plan();
  }

  function setShown(isShown) {
    shown = isShown;
    hurry();
  }

  async function pull() {
    const reply = await model.pull(shown);
    if (reply.status === "ok" && JSON.parse(model.get("state")).some((row) => row.moving)) movedAt = Date.now();
    if (closed) return;
    if (reply.over) await session.shutdown(); // it has asked the server for it, in vain
    else plan();
  }

  function plan() {
    clearTimeout(timer);
    if (closed) return;
    const lively = Date.now() < livelyUntil || Date.now() - movedAt < LIVELY_AFTER_MS;
    timer = setTimeout(pull, lively ? PULL_MS.lively : shown ? PULL_MS.shown : PULL_MS.hidden);
  }

  // Returns whether it was open.
  function close() {
    if (closed) return false;
    closed = true;
    clearTimeout(timer);
    model.close();
    session.dispose(); // the page's end of it
    onLost();
    return true;
  }

  return { model, pull, hurry, setShown, isShown: () => shown, close };
}
