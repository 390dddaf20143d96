// What each widget brings along. Script and style are many times larger, so they lie in a model of their own: a notebook
// that keeps its widgets keeps them once.

async function render({ model, el }) {
  const code = await model.widget_manager.get_model(model.get("code")).catch(() => null);
  if (!code) return undefined; // a notebook was saved with half of its widgets; the summary beside it says enough
  addStyle(code.get("style"), el.getRootNode());
  code.loaded ??= load(code.get("script"));
  return (await code.loaded).render({ model, el });
}

async function load(script) {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  try {
    return (await import(url)).default;
  } finally {
    URL.revokeObjectURL(url);
  }
}

// Where a front end draws each widget in a tree of its own, as marimo does, the page's styles do not reach into it.
function addStyle(text, root) {
  const place = root instanceof ShadowRoot ? root : document.head;
  const styles = [...place.querySelectorAll("style.ossj-style")];
  if (styles.some((style) => style.textContent === text)) return;
  place.append(Object.assign(document.createElement("style"), { className: "ossj-style", textContent: text }));
}

export default { render };
