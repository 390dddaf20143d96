// All widgets in one module: cards, the desk, the banner. load.js brings it to the page.

import { createCard } from "./card/card.js";
import { createDesk } from "./desk/desk.js";
import { languageOf, pageLanguage, sayIn } from "./common/messages.js";

function render({ model, el }) {
  const language = languageOf(model.get("language"), pageLanguage());
  const create = model.get("kind") === "card" ? createCard : createDesk;
  const made = create(model, sayIn(language));
  made.element.lang = language;
  el.append(made.element);
  return made.close;
}

export default { render };
