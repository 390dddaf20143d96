// What a finished upload gives away: a link that is made when it is pressed, and a cell that reads it back. Both go to the
// clipboard at once and nowhere else: a link is on no page and in no state of the widget.

import { copyText } from "../common/copy.js";
import { button, make, setAttribute, setShown, setText } from "../common/dom.js";
import { formatDate } from "../common/format.js";

// As the kernel reads them; the last is as long as the credentials allow.
const LINK_TIMES = ["1h", "1d", "7d", "max"];

// `ask(command, args)` returns a promise of the kernel's reply, null where it was refused and said so.
export function createHandOver(say, ask) {
  const element = make("div", "ossj-handover");
  const told = make("div", "ossj-muted ossj-handed");
  told.setAttribute("role", "status");
  const link = createOffer("ossj-link", say("copy_link"), say("link_time"), (expires) => hand(link, "link", { expires }, linkWords));
  const back = createOffer("ossj-back", say("read_back"), say("read_with"), (kind) => hand(back, "snippet", { kind }, () => say("cell_copied")));
  link.offer(LINK_TIMES, (time) => say(`link_${time}`));
  element.append(link.element, back.element, told);
  let gone = false; // the kernel

  function linkWords({ until, note }) {
    return [say("link_copied", { until: formatDate(new Date(1000 * until), say.language) }), note].filter(Boolean).join(" ");
  }

  async function hand(choice, command, args, words) {
    setText(told, "");
    setAttribute(choice.button, "aria-disabled", "true");
    const reply = await ask(command, args);
    setAttribute(choice.button, "aria-disabled", "false");
    if (reply) setText(told, (await copyText(reply.text)) ? words(reply) : say("copy_refused"));
  }

  function update(state) {
    back.offer(state.reads, (kind) => kind);
    setShown(link.element, !state.files);
    setShown(element, state.reads.length > 0 && !gone);
  }

  function end() {
    gone = true;
    setShown(element, false);
  }

  return { element, update, end };
}

// A button beside what it is pressed for.
function createOffer(className, text, label, onPress) {
  const element = make("span", `ossj-choice ${className}`);
  const select = make("select", "ossj-input");
  select.setAttribute("aria-label", label);
  const press = button("", text, () => onPress(select.value));
  element.append(press, select);
  let offered = "";

  function offer(values, wordOf) {
    if (values.join() === offered) return;
    offered = values.join();
    select.replaceChildren(...values.map((value) => Object.assign(make("option", "", wordOf(value)), { value })));
  }

  return { element, button: press, offer };
}
