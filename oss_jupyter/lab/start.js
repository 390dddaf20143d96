// What of the extension is there for as long as the page is: its commands, and what follows the uploads.

import { languageOf, pageLanguage } from "../notebook/panel/static/common/messages.js";
import { addCommands } from "./commands.js";
import { createHeard } from "./heard.js";
import { createIcon } from "./icon.js";
import { createNotify } from "./notify.js";
import { createRows } from "./rows.js";
import { keepSaved } from "./saved.js";
import { createSettings, followInKernel } from "./settings.js";
import { addStyles } from "./styles.js";
import { createUploads } from "./uploads.js";
import { createVoice } from "./voice.js";

// `lab` holds what JupyterLab gives: its services by name, each missing where the application has none, and its modules.
export function start(app, lab, panel) {
  const page = languageOf("", pageLanguage());
  const settings = createSettings(lab, page);
  const uploads = createUploads(app.serviceManager);
  const heard = createHeard([lab.notebooks, lab.consoles].filter(Boolean));
  const voice = createVoice(settings, uploads, heard, page);
  const { say } = voice;
  const show = () => app.shell.activateById(panel.id);
  const notify = createNotify(lab.apputils, say, settings, show);
  const icon = createIcon(lab.LabIcon);
  followInKernel(settings, uploads, (text) => lab.apputils.Notification.error(text, { autoClose: false }));
  const ask = addCommands(app, { ...lab, icon }, say, { show, settings, uploads });
  dress(panel, icon, voice, { uploads, settings, ask, contents: app.serviceManager.contents });
  const all = createRows(uploads, heard);
  if (lab.notebooks) keepSaved(lab.notebooks);
  followOnce(all, async (rows, moving) => (await import("./status.js")).addStatus(lab, say, all, show, notify)(rows, moving));
  app.restored.then(() => {
    addStyles();
    uploads.find();
  });
}

// Calls begin(rows, moving) when there is an upload for the first time.
function followOnce(all, begin) {
  let begun = false;
  all.follow((rows, moving) => {
    if (!rows.length || begun) return;
    begun = true;
    begin(rows, moving);
  });
}

// Names the panel, and draws it when it is first on the screen, and again in another language.
function dress(panel, icon, { say, follow }, { uploads, settings, ask, contents }) {
  let drawn = null;

  async function draw() {
    const { drawPanel } = await import("./panel.js");
    if (panel.isVisible) drawn ??= drawPanel(panel.node, say, { uploads, settings, ask, contents });
  }

  function name() {
    panel.title.caption = say("lab_uploads");
    panel.title.icon = icon;
  }

  name();
  panel.onAfterShow = draw; // Lumino tells a widget by this message that it is on the screen
  if (panel.isVisible) draw();
  follow(() => {
    name();
    drawn?.close();
    drawn = null;
    draw();
  });
}
