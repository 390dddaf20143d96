// Which language the extension speaks: that of Lab's settings, else what kernels say, else the page's.

import { languageOf, sayIn } from "../notebook/panel/static/common/messages.js";

// `page` is the page's language. Returns say(key, values), which speaks the language of the moment, and follow(listener),
// which calls it when that has become another one.
export function createVoice(settings, uploads, heard, page) {
  const listeners = new Set();
  let [ofUploads, ofNotebook] = ["", ""];
  let spoken = current();

  function current() {
    return languageOf(settings.get("language") || ofUploads || ofNotebook, page);
  }

  function look() {
    if (spoken === current()) return;
    spoken = current();
    listeners.forEach((listener) => listener());
  }

  uploads.follow((line) => {
    if (!line) return; // the next kernel most likely speaks as this one did
    const take = () => {
      ofUploads = line.model.get("language");
      look();
    };
    line.model.on("change:language", take);
    take();
  });
  heard.follow((rows, moving, language) => {
    ofNotebook = language || ofNotebook;
    look();
  });
  settings.follow(look);

  const say = (key, values) => sayIn(spoken)(key, values);
  Object.defineProperty(say, "language", { get: () => spoken });
  return { say, follow: (listener) => listeners.add(listener) };
}
