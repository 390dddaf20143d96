// The widget of one transfer.

import { createCard } from "./cardview.js";
import { languageOf, wordsFor } from "./words.js";

function render({ model, el }) {
  const language = languageOf(model.get("language"), document.documentElement.lang || navigator.language);
  const card = createCard(model, wordsFor(language));
  card.element.lang = language;
  el.append(card.element);
  return card.close;
}

export default { render };
