// Which language the extension speaks: that of Lab's settings, else what the kernel that uploads says, else the page's.

import { languageOf, sayIn } from "../notebook/panel/static/common/messages.js";

// `page` is the page's language. Returns say(key, values), which speaks the language of the moment, and follow(listener),
// which calls it when that has become another one.
export function createVoice(settings, uploads, page) {
  const listeners = new Set();
  let ofKernel = "";
  let spoken = current();

  function current() {
    return languageOf(settings.get("language") || ofKernel, page);
  }

  function look() {
    if (spoken === current()) return;
    spoken = current();
    listeners.forEach((listener) => listener());
  }

  uploads.follow((line) => {
    if (!line) return; // the next kernel most likely speaks as this one did
    const take = () => {
      ofKernel = line.model.get("language");
      look();
    };
    line.model.on("change:language", take);
    take();
  });
  settings.follow(look);

  const say = (key, values) => sayIn(spoken)(key, values);
  Object.defineProperty(say, "language", { get: () => spoken });
  return { say, follow: (listener) => listeners.add(listener) };
}
