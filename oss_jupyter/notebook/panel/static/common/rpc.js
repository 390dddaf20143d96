// Asks the kernel to do something: over its control channel, which is served while a cell runs, and as a message of the
// widget where there is no such channel or it stays silent. Both carry the same id, and the kernel obeys an id once.

import { pageLanguage } from "./messages.js";

const MESSAGE_TYPE = "oss_jupyter_request";
// The control channel answers in 20 to 80 ms.
export const CONTROL_WAIT_MS = 500;
// After this the page says that the kernel is busy.
export const BUSY_AFTER_MS = 1000;

export function createRpc(model, widgetId) {
  const waiting = new Map();

  function onMessage(content) {
    waiting.get(content?.id)?.(content);
  }
  model.on("msg:custom", onMessage);

  // Resolves with the kernel's reply, or with {status: "gone"} when the card is closed before one came.
  function request(command, args = {}, onBusy = () => {}) {
    const content = { id: newId(), command, arguments: { widget: widgetId, ...args }, page: pageLanguage() };
    return new Promise((resolve) => {
      const timers = [];
      const settle = (reply) => {
        timers.forEach(clearTimeout);
        waiting.delete(content.id);
        resolve(reply);
      };
      waiting.set(content.id, settle);
      timers.push(setTimeout(onBusy, BUSY_AFTER_MS));
      const byComm = () => waiting.has(content.id) && sendByComm(model, content);
      const byControl = sendByControl(model.widget_manager?.kernel, content);
      if (!byControl) return byComm();
      timers.push(setTimeout(byComm, CONTROL_WAIT_MS));
      byControl.then(settle, byComm);
    });
  }

  function close() {
    model.off("msg:custom", onMessage);
    for (const settle of [...waiting.values()]) settle({ status: "gone" });
  }

  return { request, close };
}

// Returns a promise of the reply, or null where the front end offers no control channel.
function sendByControl(kernel, content) {
  if (!kernel?.sendControlMessage) return null;
  const header = {
    msg_id: newId(),
    msg_type: MESSAGE_TYPE,
    session: kernel.clientId,
    username: kernel.username,
    version: "5.4",
    date: new Date().toISOString(),
  };
  const message = { channel: "control", header, parent_header: {}, metadata: {}, buffers: [], content };
  try {
    return replyTo(kernel.sendControlMessage(message, true, true));
  } catch {
    return null; // the connection is being made anew
  }
}

// The kernel answers without saying "idle" afterwards, which `done` would wait for.
function replyTo(future) {
  return new Promise((resolve, reject) => {
    future.onReply = (reply) => {
      resolve(reply.content);
      future.dispose();
    };
    future.done.catch(reject);
  });
}

function sendByComm(model, content) {
  try {
    model.send(content);
  } catch {
    // The kernel of this widget is gone; the card says so.
  }
}

export function newId() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}
