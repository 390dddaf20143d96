// Making and changing elements. Texts go in as text, never as HTML, and only when they differ, so that nothing flickers
// and a selection stays.

export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function button(className, text, onPress) {
  const element = make("button", `ossj-button ${className}`, text);
  element.type = "button";
  element.addEventListener("click", () => {
    if (element.getAttribute("aria-disabled") !== "true") onPress();
  });
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

export function setShown(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

// Only what is at the wrong place is moved: moving an element takes the focus from it.
export function placeChildren(parent, elements) {
  const wanted = new Set(elements);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  elements.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

// Makes a change, and puts the keyboard on the first control that is left where the one it was on goes: else it would be
// at the beginning of the page.
export function keepFocus(element, change) {
  const { activeElement = null } = element.getRootNode(); // of the page, or of the tree in which the widget stands
  const focused = element.contains(activeElement) ? activeElement : null;
  change();
  if (!focused || (focused.isConnected && !focused.closest("[hidden]"))) return;
  const controls = [...element.querySelectorAll("button, input, select, summary")];
  controls.find((control) => !control.closest("[hidden]"))?.focus({ preventScroll: true });
}

// A text that is shortened in its middle by the style, where there is no room; selecting it copies all of it. Only the page
// knows how wide the tail is, for which the head makes room.
export function makeMiddle(className) {
  const element = make("span", `ossj-middle ${className}`);
  const head = make("span", "ossj-middle-head");
  const tail = make("span", "ossj-middle-tail");
  element.append(head, tail);
  new ResizeObserver(() => element.style.setProperty("--tail", `${Math.floor(tail.getBoundingClientRect().width)}px`)).observe(tail);
  return {
    element,
    set(text) {
      const letters = Array.from(text);
      const cut = Math.max(0, letters.length - Math.min(14, Math.floor(letters.length / 2)));
      setText(head, letters.slice(0, cut).join(""));
      setText(tail, letters.slice(cut).join(""));
      setAttribute(element, "title", text);
    },
  };
}
