// What is saved of an upload in a notebook, kept up to date where Lab cannot: a page that was loaded again has forgotten
// which output a kernel means.

const MESSAGE_TYPE = "update_display_data";

// `notebooks` is Lab's tracker.
export function keepSaved(notebooks) {
  function listen({ sessionContext, content }) {
    sessionContext.iopubMessage.connect((_, message) => {
      if (message.header.msg_type !== MESSAGE_TYPE) return;
      const mark = markOf(message.content.metadata);
      if (mark) replace(content, mark, message.content);
    });
  }

  notebooks.forEach(listen);
  notebooks.widgetAdded.connect((_, notebook) => listen(notebook));
}

// The kernel's panel/common/saved_summary.py gives each a mark of its own.
const markOf = (metadata) => metadata?.oss_jupyter?.summary;

function replace(notebook, mark, { data, metadata }) {
  for (const { model } of notebook.widgets) {
    for (let index = 0; index < (model.outputs?.length ?? 0); index += 1) {
      const output = model.outputs.get(index).toJSON();
      const old = markOf(output.metadata) === mark && !isSame(output.data, data);
      if (old) model.outputs.set(index, { ...output, data, metadata });
    }
  }
}

// Lab keeps a text as a list of lines, too.
function isSame(mine, theirs) {
  const text = (value) => [value ?? ""].flat().join("");
  return text(mine["text/html"]) === text(theirs["text/html"]);
}
