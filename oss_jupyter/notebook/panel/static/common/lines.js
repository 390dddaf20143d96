// The sentences of the card, made from the state alone.

import { filesDone, filesKept, filesSoFar, filesSpeed } from "./filelines.js";
import { formatCount, formatDuration, formatLeft, formatProgress, formatSize, formatSpeed, percent } from "./format.js";
import { KINDS } from "./places.js";

// Server messages may carry a link; it is offered only where it leads to the service's own pages.
const ADVICE_HOSTS = ["aliyun.com", "alibabacloud.com"];

const ENDED = ["completed", "completed_with_errors"];

const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });

// Queued, 3rd: who waits for its turn wants to know how long.
export function statusWord(state, say) {
  if (isSilent(state)) return capitalised(say("part_retrying"));
  const word = capitalised(say(`state_${state.state}`));
  if (!state.place) return word;
  const nth = say(`nth_${ORDINALS.select(state.place)}`, { count: formatCount(state.place) });
  return say("queued_nth", { state: word, nth });
}

// Whether it runs, and the service has taken nothing for a while.
export function isSilent(state) {
  return Boolean(state.silent && state.retry) && state.state === "running";
}

// The phase within a state is what is going on: Completing, Comparing, Checking ...
export function phaseWord(state, say) {
  return state.phase ? capitalised(say(`phase_${state.phase}`)) : "";
}

function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// 37 % · 19.4 of 52.0 GiB · 84.0 MiB/s · 6 min 40 s left
export function mainLine(state, say) {
  if (state.files && state.receipt && ENDED.includes(state.state)) return filesDone(state, say).join(" · ");
  if (state.state === "completed" && state.receipt) return completedLine(state, say);
  if (state.parts_gone) return say(state.files ? "aborted_files_stay" : "aborted_gone");
  return [...howFar(state, say), ...whatIsGoingOn(state, say)].join(" · ");
}

// While it moves, what is on the wire counts; at rest only what is in OSS.
function howFar(state, say) {
  if (state.files) return filesSoFar(state, say);
  if (state.open_ended) return howFarYet(state, say);
  const between = say("done_of_total");
  if (state.moving) return [`${percent(state.fraction)} %`, formatProgress(state.shown, state.total, between)];
  const progress = formatProgress(state.kept + state.confirmed, state.total, between);
  return [`${percent(confirmedFraction(state))} %`, say("in_oss", { progress })];
}

// Of a stream nobody knows how much is to come.
function howFarYet(state, say) {
  if (state.moving) return [say("so_far", { size: formatSize(state.shown) })];
  return [say("in_oss", { progress: formatSize(state.kept + state.confirmed) })];
}

function confirmedFraction(state) {
  return state.total ? Math.min(state.fraction, (state.kept + state.confirmed) / state.total) : 0;
}

function whatIsGoingOn(state, say) {
  const phase = phaseWord(state, say);
  if (state.silent && state.state === "running") return [...(phase ? [phase] : []), silentWords(state, say)];
  if (phase) return [state.compare ? `${phase}: ${compared(state, say)}` : phase];
  switch (state.state) {
    case "running":
      return [...speedWords(state, say), ...comparing(state, say)];
    case "aborted":
      return [say(state.kept_here ? "aborted" : "aborted_forgotten")];
    case "paused":
    case "waiting_for_credentials":
      return [say(state.state)];
    case "interrupted":
      return state.can.includes("resume") ? [say(state.state)] : [];
    default:
      return [];
  }
}

// What is read again beside the sending, and how far that is.
function comparing(state, say) {
  return state.compare ? [say("comparing_kept", { progress: compared(state, say) })] : [];
}

function compared(state, say) {
  return formatProgress(state.compared, state.compare, say("done_of_total"));
}

function speedWords(state, say) {
  if (state.files && !state.files.total) return []; // nobody knows yet what there is
  if (state.speed === null) return [say("estimating")];
  const words = [formatSpeed(state.speed), ...(state.files ? filesSpeed(state, say) : [])];
  if (state.left !== null) words.push(say(state.files?.scanning ? "left_at_least" : "left", { time: formatLeft(state.left) }));
  return words;
}

function silentWords(state, say) {
  const time = formatDuration(state.silent);
  if (!state.retry) return say("silent", { time });
  const [nth, most] = state.retry;
  // A dead network is put up with for longer than the number of retries says.
  const words = say(nth <= most ? "silent_retrying_of" : "silent_retrying", { time, nth, most });
  return state.met ? `${words} · ${say("last_error", { error: state.met })}` : words;
}

function completedLine(state, say) {
  const { receipt } = state;
  const size = formatSize(state.total);
  const verified = receipt.crc64 === null ? [] : [say("verified")];
  if (receipt.already_there) return [size, say("already_there"), ...verified].join(" · ");
  const words = [say("completed_in", { size, time: formatDuration(receipt.seconds, true) })];
  if (receipt.seconds > 0) words.push(formatSpeed(receipt.sent / receipt.seconds));
  if (state.parts > 1) words.push(say("parts_many", { count: formatCount(state.parts) }));
  if (receipt.resent) words.push(say("resent", { size: formatSize(receipt.resent) }));
  return [...words, ...verified, ...readAgain(state, say)].join(" · ");
}

// Parts that are gone, or that nobody had to send, have no place in a map; what came of files has one.
export function hasPlaces(state) {
  if (state.files) return state.places.count > 0;
  return !state.parts_gone && !state.receipt?.already_there;
}

// Of one part the bar says all there is, and of parts that are all in OSS the line does.
export function hasMap(state) {
  return hasPlaces(state) && (Boolean(state.files) || (state.parts > 1 && state.state !== "completed"));
}

// What was read a second time, and what might have been and was not.
function readAgain(state, say) {
  if (state.receipt.proven === "all") return [say("read_again_all")];
  if (!state.kept) return [];
  return [say(state.receipt.proven === "kept" ? "read_again_kept" : "read_again_none")];
}

// 31 % kept from before · 6 % now; said only where something was kept.
export function keptLine(state, say) {
  if (state.files) return filesKept(state, say);
  if (state.open_ended || !state.kept || !state.total || state.parts_gone || state.receipt?.already_there) return "";
  const kept = percent(Math.min(state.fraction, state.kept / state.total));
  const all = percent(state.moving || state.receipt ? state.fraction : confirmedFraction(state));
  return say("kept_now", { kept, now: Math.max(0, all - kept) });
}

// The shares of the bar: kept from before, confirmed now, on the wire. Together they are as long as `fraction`, which
// never goes back and stays under one until the service has confirmed the object. At rest nothing is on the wire, and that
// share is what has to be sent again. Behind it is what has failed of a dataset.
export function barShares(state) {
  if (!state.total) return { kept: 0, confirmed: state.fraction, flying: 0, failed: 0 };
  const there = state.receipt?.already_there ? state.total : state.kept; // nothing of it is on the wire
  const kept = Math.min(state.fraction, there / state.total);
  const confirmed = Math.min(state.fraction - kept, state.confirmed / state.total);
  const failed = Math.min(1 - state.fraction, (state.files?.failed_bytes ?? 0) / state.total);
  return { kept, confirmed, flying: Math.max(0, state.fraction - kept - confirmed), failed };
}

// What somebody who cannot see the card hears when its state changes.
export function announcement(state, say) {
  const word = phaseWord(state, say) || statusWord(state, say);
  return say("announcement", { name: state.name, state: word, line: state.error ? state.error[0] : mainLine(state, say) });
}

// What a part is and where: known without asking. `detail` is the kernel's answer, or null.
export function partLine(part, detail, say) {
  const fill = part.fill === null ? "" : ` ${say("fill", { percent: percent(part.fill) })}`;
  const words = [`${say(`part_${KINDS[part.code]}`)}${fill}`, formatSize(part.length), say("offset", { offset: formatSize(part.offset) })];
  if (detail?.speed) words.push(formatSpeed(detail.speed));
  if (detail?.attempts > 1) words.push(say("attempts", { count: detail.attempts }));
  else if (detail?.attempts === 1) words.push(say("attempt", { count: 1 }));
  if (detail?.error) words.push(say("last_error", { error: detail.error }));
  return words.join(" · ");
}

// How many parts or files are in OSS, and their bytes.
export function stored(state) {
  const count = state.files ? state.files.sent + state.files.kept : state.finished;
  return { parts: formatCount(count), size: formatSize(state.kept + state.confirmed) };
}

// The fourth line of an error: texts, and the link where it may be followed.
export function codeLine(text) {
  return text.split(" · ").map((piece) => ({ text: piece, link: isAdvice(piece) }));
}

export function isAdvice(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    return false;
  }
  const ours = ADVICE_HOSTS.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`));
  return url.protocol === "https:" && ours && !url.username && !url.password;
}
