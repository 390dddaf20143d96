// All widgets in one module: cards, the desk, the banner. load.js brings it to the page.

import { createCard } from "./cardview.js";
import { createDesk } from "./desk.js";
import { DESK_WORDS } from "./deskwords.js";
import { languageOf, wordsFor } from "./words.js";

function render({ model, el }) {
  const language = languageOf(model.get("language"), document.documentElement.lang || navigator.language);
  const isCard = model.get("kind") === "card";
  const made = isCard ? createCard(model, wordsFor(language)) : createDesk(model, wordsFor(language, DESK_WORDS));
  made.element.lang = language;
  el.append(made.element);
  return made.close;
}

export default { render };
