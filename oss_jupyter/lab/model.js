// Stands where a widget's model stands in a notebook, so that the desk is the same in JupyterLab's panel. There is no
// widget: the kernel is asked on its control channel how its desk is.

import { createAsk } from "../notebook/panel/static/common/ask.js";
import { createRpc } from "../notebook/panel/static/common/rpc.js";

// The name of the one desk that the kernel serves to JupyterLab; notebook/panel/show.py makes it.
export const DESK_ID = "lab";
const BYTES = ["detail", "part_map"];

// `onAsked()` is called when something else than a pull is asked of the kernel.
export function createModel(kernel, onAsked) {
  const values = { widget_id: DESK_ID, kind: "desk", state: "[]", ended: "", language: "", folder: "", target: "", options: [] };
  const listeners = new Map(); // by event
  const told = Object.create(kernel, {
    sendControlMessage: {
      value: (...message) => {
        onAsked();
        return kernel.sendControlMessage(...message);
      },
    },
  });
  const model = withManager(told);
  const quiet = createRpc(withManager(kernel), DESK_ID);
  const loud = createRpc(model, DESK_ID);

  function withManager(seen) {
    return { get, on, off, send: () => {}, widget_manager: { kernel: seen } };
  }

  function get(name) {
    return values[name];
  }

  function on(event, listener) {
    if (!listeners.has(event)) listeners.set(event, new Set());
    listeners.get(event).add(listener);
  }

  function off(event, listener) {
    listeners.get(event)?.delete(listener);
  }

  // `shown`: whether somebody looks.
  async function pull(shown) {
    const reply = await quiet.request("pull", { shown });
    if (reply.status === "ok") Object.entries(reply.desk).forEach(([name, value]) => put(name, value));
    return reply;
  }

  function put(name, value) {
    const same = JSON.stringify(value) === JSON.stringify(values[`raw ${name}`] ?? values[name]);
    if (same) return;
    values[`raw ${name}`] = value;
    values[name] = BYTES.includes(name) ? fromBase64(value) : value;
    listeners.get(`change:${name}`)?.forEach((listener) => listener());
  }

  function close() {
    quiet.close();
    loud.close();
  }

  const { askQuietly } = createAsk(loud, (key) => key, () => {});
  return { ...model, ask: askQuietly, pull, close };
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
