// What JupyterLab gets when it starts: an empty panel, in its place. Lab waits for nothing else of ours: commands, entries
// and whatever draws are loaded meanwhile.

const ID = "oss_jupyter:plugin";
const MODULES = [
  "@jupyterlab/application",
  "@jupyterlab/apputils",
  "@jupyterlab/docmanager",
  "@jupyterlab/filebrowser",
  "@jupyterlab/launcher",
  "@jupyterlab/settingregistry",
  "@jupyterlab/statusbar",
  "@jupyterlab/ui-components",
  "@lumino/signaling",
  "@lumino/widgets",
];

// `take(name)` returns a promise of one of Lab's modules, or of an empty one where this application has no such thing.
export async function createPlugin(take) {
  const modules = await Promise.all(MODULES.map(take));
  const [application, apputils, docmanager, filebrowser, launcher, settingregistry, statusbar, ui, signaling, widgets] = modules;
  const tokens = {
    factory: filebrowser.IFileBrowserFactory,
    palette: apputils.ICommandPalette,
    statusBar: statusbar.IStatusBar,
    documents: docmanager.IDocumentManager,
    launcher: launcher.ILauncher,
    settings: settingregistry.ISettingRegistry,
    restorer: application.ILayoutRestorer,
  };
  const names = Object.keys(tokens).filter((name) => tokens[name]);
  return {
    id: ID,
    description: "Uploads to OSS from the file browser, and a panel of uploads.",
    autoStart: true,
    optional: names.map((name) => tokens[name]),
    activate: (app, ...given) => {
      const found = Object.fromEntries(names.map((name, index) => [name, given[index]]));
      const lab = { ...found, id: ID, apputils, LabIcon: ui.LabIcon, Signal: signaling.Signal, Widget: widgets.Widget };
      const panel = addPanel(app, lab);
      import("./start.js").then(({ start }) => start(app, lab, panel));
    },
  };
}

function addPanel(app, { Widget, restorer }) {
  const panel = new Widget();
  panel.id = "oss-jupyter-uploads";
  panel.addClass("ossj-lab-panel");
  panel.node.style.minWidth = "320px"; // Lab asks for it before our style is there
  app.shell.add(panel, "right", { rank: 900 });
  restorer?.add(panel, panel.id);
  return panel;
}
