// What JupyterLab loads first of a prebuilt extension: a container that gets Lab's shared modules and hands out plugins.
// It is a classic script; all else are modules, which the browser loads as they are.

(() => {
  const here = document.currentScript.src;
  let shared = {};

  // Returns a promise of one of Lab's own modules.
  async function take(name) {
    const [version] = Object.values(shared[name]);
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
