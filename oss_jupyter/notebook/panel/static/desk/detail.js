// The card of the transfer that was opened on the desk, which its list shows under the row.

import { createCard } from "../card/card.js";
import { make } from "../common/dom.js";
import { decode } from "../common/state.js";

export function createDetail(model, say) {
  const element = make("li", "ossj-detail");
  const cardModel = modelOfDetail(model);
  let card = null;
  let id = "";
  let isNew = false;

  function update() {
    const newId = decode(model.get("detail"))?.id ?? "";
    if (newId === id) return;
    close();
    id = newId;
    if (!id) return;
    card = createCard(cardModel, say);
    element.append(card.element);
    isNew = true;
  }

  // Once it stands in its place.
  function reveal() {
    if (isNew && element.isConnected) element.scrollIntoView?.({ block: "nearest" });
    isNew = false;
  }

  function close() {
    card?.close();
    card?.element.remove();
    card = null;
    id = "";
  }

  return { element, update, reveal, close, id: () => id };
}

// The desk's model for a card: it reads the trait `detail` where a card of its own reads `state`.
function modelOfDetail(model) {
  const named = (event) => (event === "change:state" ? "change:detail" : event);
  return {
    get: (name) => model.get(name === "state" ? "detail" : name),
    on: (event, listener) => model.on(named(event), listener),
    off: (event, listener) => model.off(named(event), listener),
    send: (...message) => model.send(...message),
    get widget_manager() {
      return model.widget_manager;
    },
  };
}
