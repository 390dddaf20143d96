// What JupyterLab loads first of a prebuilt extension: a container that gets Lab's shared modules and hands out plugins.
// It is a classic script; all else are modules, which the browser loads as they are.

(() => {
  const here = document.currentScript.src;
  let shared = {};

  // Returns a promise of one of Lab's own modules, or of an empty one: Notebook 7 has not all of them.
  async function take(name) {
    const [version] = Object.values(shared[name] ?? {});
    if (!version) return {};
    return (await version.get())();
  }

  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB.oss_jupyter = {
    init: (scope) => {
      shared = scope;
    },
    get: async () => {
      const { createPlugin } = await import(new URL("plugin.js", here));
      const plugin = await createPlugin(take);
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
