// What a card and the desk stand in: their frame on the page, the line to the kernel, a place for its refusals, a voice
// for who cannot see them, and the end of the kernel.

import { createAsk } from "./ask.js";
import { make, setShown, setText } from "./dom.js";
import { announcement } from "./lines.js";
import { createRpc, newId } from "./rpc.js";
import { watchKernel, watchScreen } from "./watch.js";

export function createShell(model, say) {
  const widgetId = model.get("widget_id");
  const rpc = createRpc(model, widgetId);
  const element = makeFrame();
  const notice = makeStatus("ossj-notice");
  const announcer = makeStatus("ossj-hidden");
  const announce = createVoice(announcer, say);
  const atClose = [rpc.close];
  let live = true; // the kernel
  showNotice("");

  function showNotice(text) {
    setText(notice, text);
    setShown(notice, text !== "");
  }

  function on(event, listener) {
    model.on(event, listener);
    atClose.unshift(() => model.off(event, listener));
  }

  // Begins to show: `update()` is called now and at each of `events` while the kernel lives, `onEnd()` once it has ended,
  // unless `needless()`: then nothing more would have come of it. Nobody answers any more in either case: `onGone()`.
  function follow(events, { update, onEnd, onGone = () => {}, needless = () => false }) {
    const look = () => live && update();
    const end = () => {
      onGone();
      if (!live || needless()) return;
      live = false;
      element.classList.replace("ossj-live", "ossj-stopped");
      onEnd();
    };
    const checkKernel = async () => (await isAlone(model, widgetId)) && end();
    for (const event of events) on(event, look);
    on("comm_live_update", checkKernel);
    look();
    const view = newId();
    atClose.unshift(
      watchKernel(model.widget_manager?.kernel, end),
      watchScreen(element, (visible) => rpc.request("visible", { view, visible })),
    );
    checkKernel();
  }

  return {
    element,
    notice,
    announcer,
    announce,
    showNotice,
    follow,
    isLive: () => live,
    request: rpc.request,
    ...createAsk(rpc, say, showNotice),
    beforeClose: (stop) => atClose.unshift(stop),
    close: () => atClose.forEach((stop) => stop()),
  };
}

// Whether the widget has lost its other half, as after a restart of the kernel.
async function isAlone(model, widgetId) {
  const whole = await model.widget_manager?.get_model?.(widgetId)?.catch?.(() => null);
  return whole?.comm_live === false;
}

function makeFrame() {
  const element = make("section", "ossj-card ossj-live");
  // The notebook's shortcuts are single letters and arrows: keys pressed here must not cut cells. Saving and the like
  // still work.
  element.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });
  return element;
}

function makeStatus(className) {
  const element = make("div", className);
  element.setAttribute("role", "status");
  return element;
}

// Says how a transfer stands whenever that is another state or phase than it was told last.
function createVoice(announcer, say) {
  const told = new Map(); // by id
  return (state) => {
    const standing = `${state.state} ${state.phase}`;
    if (told.has(state.id) && told.get(state.id) !== standing) setText(announcer, announcement(state, say));
    told.set(state.id, standing);
  };
}
