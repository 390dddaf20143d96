// What the page says to people, from the one catalogue that the kernel reads too.

import CATALOGUE from "../../../../texts/messages.json" with { type: "json" };

// "zh-CN" and the like are Chinese; whatever else is English.
export function languageOf(asked, page) {
  const tag = (asked || page || "en").toLowerCase();
  return tag.startsWith("zh") ? "zh" : "en";
}

// The language of the page that shows the notebook, as a tag like "zh-CN".
export function pageLanguage() {
  return globalThis.document?.documentElement.lang || globalThis.navigator?.language || "";
}

// Returns say(key, values), which knows its language. A text that is missing shows its key, so that a test and a reader
// both see it.
export function sayIn(language) {
  const say = (key, values = {}) => fill(CATALOGUE[key]?.[language] ?? key, values);
  return Object.assign(say, { language });
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
