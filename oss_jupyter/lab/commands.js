// The commands, and where they are offered: palette and launcher. The menus are in settings.json, where Lab lets
// its users change them.

import { chosenFiles, openFile, savedPath } from "./sources.js";

export const UPLOAD = "oss-jupyter:upload";
export const UPLOAD_OPEN = "oss-jupyter:upload-open-file";
export const SHOW = "oss-jupyter:show-uploads";

// Returns ask(paths), which opens the dialog about paths as a kernel sees them.
export function addCommands(app, lab, say, { show, settings, uploads }) {
  const { commands, serviceManager } = app;
  const { icon, documents } = lab;
  const chosen = () => chosenFiles(serviceManager.contents, lab.factory);
  const open = () => openFile(serviceManager.contents, documents, app.shell.currentWidget);

  async function ask(paths) {
    const { askForUpload } = await import("./dialog.js");
    await settings.ready;
    await askForUpload(lab, say, { uploads, settings }, paths, show);
  }

  commands.addCommand(SHOW, {
    label: () => say("lab_uploads"),
    caption: () => say("lab_uploads_hint"),
    icon,
    execute: show,
  });
  commands.addCommand(UPLOAD, {
    label: ({ isPalette }) => say(isPalette ? "lab_upload_chosen" : "lab_upload"),
    caption: () => say("lab_upload_chosen"),
    icon,
    isEnabled: () => chosen().length > 0,
    execute: () => ask(chosen()),
  });
  commands.addCommand(UPLOAD_OPEN, {
    label: ({ isPalette }) => say(isPalette ? "lab_upload_open" : "lab_upload"),
    caption: () => say("lab_upload_open"),
    icon,
    isEnabled: () => open() !== null,
    execute: async () => ask([await savedPath(open())]),
  });
  addToPalette(lab.palette, say);
  lab.launcher?.add({ command: SHOW, rank: 900 });
  return ask;
}

function addToPalette(palette, say) {
  for (const command of [UPLOAD, UPLOAD_OPEN, SHOW]) {
    palette?.addItem({ command, category: say("lab_uploads"), args: { isPalette: true } });
  }
}
