// How sizes, speeds and durations are written: the same as the kernel does, see model/sizes.py.

const KIB = 1024;
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

// 52.0 GiB, 8 MiB, 100 KiB, 17 B
export function formatSize(bytes) {
  const index = unitIndex(bytes);
  return `${threeDigits(bytes / KIB ** index)} ${UNITS[index]}`;
}

// 19.4 of 52.0 GiB, in the unit of the whole; `between` is "{done} of {total}".
export function formatProgress(doneBytes, totalBytes, between) {
  const index = unitIndex(totalBytes);
  const done = threeDigits(doneBytes / KIB ** index);
  return between.replace("{done}", () => done).replace("{total}", () => formatSize(totalBytes));
}

export function formatSpeed(bytesPerSecond) {
  return `${formatSize(bytesPerSecond)}/s`;
}

// 45 s, 6 min 40 s, 2 h 05 min; 9.8 s where it is over quickly
export function formatDuration(seconds, tenths = false) {
  if (tenths && seconds >= 0 && seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))} min`;
}

// Time left is a guess, and one that changes every second is hard to read.
export function formatLeft(seconds) {
  return formatDuration(seconds < 60 ? seconds : Math.round(seconds / 5) * 5);
}

// Never 100 before it is true, so it is cut off and not rounded.
export function percent(fraction) {
  return Math.floor(fraction * 100 + 1e-9);
}

export function formatCount(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

function unitIndex(bytes) {
  let index = 0;
  let size = bytes;
  while (index < UNITS.length - 1 && !(size < 1000 || (index === 0 && size < KIB))) {
    size /= KIB;
    index += 1;
  }
  return index;
}

function threeDigits(value) {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
}

function twoDigits(value) {
  return String(value).padStart(2, "0");
}

// A date as the browser writes it, in Chinese where all else is.
export function formatDate(date, language, style = undefined) {
  return date.toLocaleString(language === "zh" ? "zh-CN" : [], style);
}

// Names in a row, and pieces of one sentence, separated as the language of `say` does.
export const listed = (names, say) => names.join(say.language === "zh" ? "、" : ", ");
export const clauses = (pieces, say) => pieces.join(say.language === "zh" ? "，" : ", ");
