// All widgets in one module: cards, the desk, the banner. load.js brings it to the page.

import { createCard } from "./card/card.js";
import { createDesk } from "./desk/desk.js";
import { DESK_WORDS } from "./desk/deskmessages.js";
import { languageOf, wordsFor } from "./common/messages.js";

function render({ model, el }) {
  const language = languageOf(model.get("language"), document.documentElement.lang || navigator.language);
  const isCard = model.get("kind") === "card";
  const made = isCard ? createCard(model, wordsFor(language)) : createDesk(model, wordsFor(language, DESK_WORDS));
  made.element.lang = language;
  el.append(made.element);
  return made.close;
}

export default { render };
