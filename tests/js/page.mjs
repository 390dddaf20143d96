// As much of a page as the tests need: elements that hold texts, attributes, classes, listeners and the focus.

class Element {
  hidden = false;
  textContent = "";
  children = [];
  #attributes = new Map();
  #listeners = new Map();
  set className(names) {
    const all = new Set(names.split(" "));
    this.classList = {
      contains: (name) => all.has(name),
      replace: (before, after) => all.delete(before) && all.add(after),
    };
  }
  getAttribute = (name) => this.#attributes.get(name) ?? null;
  setAttribute = (name, value) => this.#attributes.set(name, String(value));
  append = (...children) => this.children.push(...children);
  replaceChildren = (...children) => (this.children = children);
  get firstChild() {
    return this.children[0];
  }
  addEventListener = (name, listener) => this.#listeners.set(name, listener);
  dispatch = (name, event) => this.#listeners.get(name)(event);
  focus = () => (document.activeElement = this);
}

export function installPage() {
  const nothing = { addEventListener() {}, removeEventListener() {} };
  const observer = class {
    observe() {}
    disconnect() {}
  };
  const page = { window: nothing, document: { ...nothing, createElement: () => new Element(), createElementNS: () => new Element() }, IntersectionObserver: observer, ResizeObserver: observer };
  Object.assign(globalThis, page);
}
