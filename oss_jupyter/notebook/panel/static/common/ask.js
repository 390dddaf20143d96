// Asking the kernel for something that the user wants: what takes longer is asked for again, and a refusal is shown.

// How long to wait before asking again for what the kernel said takes longer.
export const LATER_MS = 150;

// `showNotice(text)` shows a line, or none for "".
export function createAsk(rpc, say, showNotice) {
  // Returns a promise of the reply, however long it takes. What nobody pressed a button for asks quietly.
  async function askQuietly(command, args = {}, onBusy = () => {}) {
    let reply = await rpc.request(command, args, onBusy);
    while (reply.later) {
      await new Promise((resolve) => setTimeout(resolve, LATER_MS));
      reply = await rpc.request(command, { later: reply.later }, onBusy);
    }
    return reply;
  }

  async function ask(command, args = {}) {
    showNotice("");
    const reply = await askQuietly(command, args, () => showNotice(say("kernel_busy")));
    showNotice("");
    return reply;
  }

  // Shows why something was refused; returns whether it was done.
  function tell(reply) {
    if (reply.status === "error") showNotice([reply.error[0], reply.error[2]].filter(Boolean).join(" "));
    return reply.status === "ok";
  }

  // Returns a promise of whether it was done.
  async function askAndTell(command, args) {
    return tell(await ask(command, args));
  }

  return { ask, askQuietly, tell, askAndTell };
}
