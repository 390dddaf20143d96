// What JupyterLab gets when it starts: an empty panel, in its place. Lab waits for nothing else of ours: commands, entries
// and whatever draws are loaded when Lab is there, so as not to take the line from it.

const ID = "oss_jupyter:plugin";
const MODULES = [
  "@jupyterlab/application",
  "@jupyterlab/apputils",
  "@jupyterlab/console",
  "@jupyterlab/docmanager",
  "@jupyterlab/filebrowser",
  "@jupyterlab/launcher",
  "@jupyterlab/notebook",
  "@jupyterlab/settingregistry",
  "@jupyterlab/statusbar",
  "@jupyterlab/ui-components",
  "@lumino/signaling",
  "@lumino/widgets",
];

// What a desk is drawn well in, and Lab's own least width for what a narrow page would cut off beside the file browser.
const [WIDTH, LEAST_WIDTH] = [320, 250];
const WIDTH_BESIDE = 340; // of file browser and icons

// `take(name)` returns a promise of one of Lab's modules, or of an empty one where this application has no such thing.
export async function createPlugin(take) {
  const modules = await Promise.all(MODULES.map(take));
  const of = Object.fromEntries(MODULES.map((name, index) => [name.split("/")[1], modules[index]]));
  const tokens = {
    factory: of.filebrowser.IFileBrowserFactory,
    palette: of.apputils.ICommandPalette,
    statusBar: of.statusbar.IStatusBar,
    documents: of.docmanager.IDocumentManager,
    launcher: of.launcher.ILauncher,
    notebooks: of.notebook.INotebookTracker,
    consoles: of.console.IConsoleTracker,
    settings: of.settingregistry.ISettingRegistry,
    restorer: of.application.ILayoutRestorer,
  };
  const names = Object.keys(tokens).filter((name) => tokens[name]);
  return {
    id: ID,
    description: "Uploads to OSS from the file browser, and a panel of uploads.",
    autoStart: true,
    optional: names.map((name) => tokens[name]),
    activate: (app, ...given) => {
      const found = Object.fromEntries(names.map((name, index) => [name, given[index]]));
      const { LabIcon } = of["ui-components"];
      const { Signal } = of.signaling;
      const { apputils } = of;
      const lab = { ...found, id: ID, inWords: (schema) => schema, apputils, LabIcon, Signal, Widget: of.widgets.Widget };
      const panel = addPanel(app, lab);
      // At once, for Lab's start waits for it; in other words when these have come.
      lab.settings?.transform(ID, { fetch: (plugin) => ({ ...plugin, schema: lab.inWords(plugin.schema) }) });
      app.restored.then(() => import("./start.js")).then(({ start }) => start(app, lab, panel));
    },
  };
}

function addPanel(app, { Widget, restorer }) {
  const panel = new Widget();
  panel.id = "oss-jupyter-uploads";
  panel.addClass("ossj-lab-panel");
  app.shell.add(panel, "right", { rank: 900 });
  if (!restorer) return panel; // Notebook 7, where a panel is as wide as it is
  keepInPage(panel);
  restorer.add(panel, panel.id);
  return panel;
}

// Lab asks for the least width before our style is there, and again only when it is told to.
function keepInPage(panel) {
  function fit() {
    panel.node.style.minWidth = `${Math.max(LEAST_WIDTH, Math.min(WIDTH, window.innerWidth - WIDTH_BESIDE))}px`;
    panel.parent?.fit();
  }

  fit();
  window.addEventListener("resize", fit);
}
