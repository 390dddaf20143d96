// What JupyterLab gets when it starts: commands, menu entries and an empty panel. Whatever draws is loaded when it is used.

export const UPLOAD = "oss-jupyter:upload";
export const SHOW = "oss-jupyter:show-uploads";

const MODULES = [
  "@jupyterlab/filebrowser",
  "@jupyterlab/apputils",
  "@jupyterlab/statusbar",
  "@lumino/widgets",
  "@lumino/signaling",
];

// `take(name)` returns a promise of one of Lab's modules.
export async function createPlugin(take) {
  const [browser, apputils, { IStatusBar }, { Widget }, { Signal }] = await Promise.all(MODULES.map(take));
  return {
    id: "oss_jupyter:plugin",
    autoStart: true,
    optional: [browser.IFileBrowserFactory, apputils.ICommandPalette, IStatusBar],
    activate: (app, factory, palette, statusBar) =>
      activate(app, { factory, palette, statusBar, apputils, Widget, Signal }),
  };
}

async function activate(app, lab) {
  const [{ languageOf, sayIn }, { createUploads }] = await Promise.all([
    import("../notebook/panel/static/common/messages.js"),
    import("./uploads.js"),
  ]);
  const say = sayIn(languageOf("", document.documentElement.lang || navigator.language));
  const uploads = createUploads(app.serviceManager);
  const panel = addPanel(app, lab.Widget, uploads, say);
  const show = () => app.shell.activateById(panel.id);
  app.commands.addCommand(SHOW, { label: say("lab_uploads"), execute: show });
  app.commands.addCommand(UPLOAD, {
    label: say("lab_upload"),
    execute: async () => {
      const { askForUpload } = await import("./dialog.js");
      await askForUpload(lab, say, uploads, chosenIn(app, lab.factory), show);
    },
  });
  lab.palette?.addItem({ command: SHOW, category: say("lab_uploads") });
  app.contextMenu.addItem({ command: UPLOAD, selector: ".jp-DirListing-item[data-isdir]", rank: 3 });
  followOnce(uploads, async () => (await import("./status.js")).addStatus(lab, say, uploads, show));
  app.restored.then(() => uploads.find());
}

// Calls begin() when there is something to follow for the first time.
function followOnce(uploads, begin) {
  let begun = false;
  uploads.follow((line) => {
    if (!line || begun) return;
    begun = true;
    begin();
  });
}

// Returns the paths that are chosen in the file browser, seen from the folder in which the server started.
function chosenIn(app, factory) {
  const items = [...(factory?.tracker.currentWidget?.selectedItems() ?? [])];
  return items.map(({ path, type }) => {
    const local = app.serviceManager.contents.localPath(path);
    return type === "directory" ? `${local}/` : local;
  });
}

function addPanel(app, Widget, uploads, say) {
  const panel = new Widget();
  panel.id = "oss-jupyter-uploads";
  panel.title.label = "OSS";
  panel.title.caption = say("lab_uploads");
  panel.addClass("ossj-lab-panel");
  panel.node.style.minWidth = "320px"; // Lab asks for it before our style is there
  app.shell.add(panel, "right", { rank: 900 });
  const draw = async () => {
    const { drawPanel } = await import("./panel.js");
    drawPanel(panel.node, say, uploads);
  };
  // Drawn when it is first on the screen: Lumino tells a widget so by this message.
  panel.onAfterShow = draw;
  return panel;
}
