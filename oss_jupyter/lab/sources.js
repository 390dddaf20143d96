// What Lab's user means to upload, as paths that a kernel sees: from the folder in which the server started.

// What jupyter-collaboration calls the files of the server.
const SHARED_DRIVE = "RTC";

// Returns the paths chosen in the file browser; none where one of them is not on the server's disk.
export function chosenFiles(contents, factory) {
  const items = [...(factory?.tracker.currentWidget?.selectedItems() ?? [])];
  if (!items.every(({ path }) => isOnDisk(contents, path))) return [];
  return items.map((item) => asSeen(contents, item));
}

// Whether a kernel can read what the file browser calls so.
export function areOnDisk(contents, paths) {
  return paths.every((path) => isOnDisk(contents, path));
}

// Returns a promise of the paths of what was dragged from the file browser, which tells only how it calls them. What is
// gone meanwhile is a path as well: whoever uploads is told.
export function draggedFiles(contents, paths) {
  return Promise.all(
    paths.map(async (path) => {
      const { type } = await contents.get(path, { content: false }).catch(() => ({}));
      return asSeen(contents, { path, type });
    }),
  );
}

// Returns {path, context} of the document that `widget` shows, or null.
export function openFile(contents, documents, widget) {
  const context = widget ? documents?.contextForWidget(widget) : null;
  if (!context || !isOnDisk(contents, context.path)) return null;
  return { path: contents.localPath(context.path), context };
}

// Returns a promise of its path, with all that was typed on the disk, as Lab's own "Save and Export" does it.
export async function savedPath({ path, context }) {
  if (context.model.dirty && !context.model.readOnly) await context.save();
  return path;
}

function asSeen(contents, { path, type }) {
  const local = contents.localPath(path);
  return type === "directory" ? `${local}/` : local;
}

function isOnDisk(contents, path) {
  return ["", SHARED_DRIVE].includes(contents.driveName(path));
}
