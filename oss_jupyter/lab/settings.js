// What is set in Lab's Settings Editor; the schema is settings.json.

import { sayIn } from "../notebook/panel/static/common/messages.js";

// Where the application keeps no settings, and until they have come.
const DEFAULTS = { target: "", language: "", notifications: true, browserNotifications: false };
const OF_KERNEL = ["region", "endpoint", "parallel", "limit", "language"];

// `lab.settings` is Lab's registry, or missing; `language` is the page's, which Lab shows settings in.
export function createSettings(lab, language) {
  const registry = lab.settings;
  const listeners = new Set();
  let loaded = null;

  const get = (name) => loaded?.composite[name] ?? DEFAULTS[name];
  const tell = () => listeners.forEach((listener) => listener());

  async function load() {
    lab.inWords = (schema) => inWords(schema, sayIn(language));
    // Lab has it in English by now, as it is in the file.
    loaded = await (language === "en" ? registry.load(lab.id) : registry.reload(lab.id));
    loaded.changed.connect(tell);
    tell();
  }

  const ready = registry ? load().catch((error) => console.warn("oss_jupyter: no settings", error)) : Promise.resolve();
  return { get, ready, follow: (listener) => listeners.add(listener) };
}

// Tells the kernel that uploads what it is to go by, when there is one and whenever that changes.
export function followInKernel(settings, uploads, complain) {
  let ask = null;

  async function configure() {
    await settings.ready;
    const values = Object.fromEntries(OF_KERNEL.map((name) => [name, settings.get(name) ?? null]));
    const reply = await ask?.("configure", values);
    if (reply?.status === "error") complain([reply.error[0], reply.error[2]].filter(Boolean).join(" "));
  }

  uploads.follow((line) => {
    ask = line?.model.ask ?? null;
    configure();
  });
  settings.follow(configure);
}

function inWords(schema, say) {
  const properties = Object.entries(schema.properties).map(([name, property]) => {
    const key = name.toLowerCase();
    return [name, { ...property, title: say(`setting_${key}`), description: say(`setting_${key}_help`) }];
  });
  const languages = properties.find(([name]) => name === "language")[1];
  languages.oneOf = languages.oneOf.map((one) => (one.const ? one : { ...one, title: say("setting_language_lab") }));
  const [title, description] = [say("lab_uploads"), say("settings_help")];
  return { ...schema, title, description, properties: Object.fromEntries(properties) };
}
