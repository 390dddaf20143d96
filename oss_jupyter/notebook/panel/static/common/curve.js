// How fast it went in the last minutes, as a small line beside the words; in a sentence for who does not see it. Nothing
// is drawn before there is something to see, and nothing when it is over.

import { make, setAttribute, setShown } from "./dom.js";
import { formatDuration, formatSpeed } from "./format.js";

const POINT_SECONDS = 3;
const POINTS_LEAST = 4;
// The width is a minute at first, and three once so much is known.
const WIDTH_POINTS_LEAST = 20;
const [WIDTH, HEIGHT] = [120, 18];
const BYTES_PER_KIB = 1024;

export function createCurve(say) {
  const element = make("span", "ossj-curve");
  element.setAttribute("role", "img");
  const picture = makeShape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const area = makeShape("path", { class: "ossj-curve-area" });
  const line = makeShape("path", { class: "ossj-curve-line" });
  picture.append(area, line);
  element.append(picture);

  function update({ moving, speeds = [] }) {
    const drawn = moving && speeds.length >= POINTS_LEAST;
    setShown(element, drawn);
    if (!drawn) return;
    const path = pathOf(speeds);
    setAttribute(line, "d", path);
    setAttribute(area, "d", `${path}V${HEIGHT}H${startOf(speeds)}Z`);
    const words = curveWords(speeds, say);
    for (const name of ["aria-label", "title"]) setAttribute(element, name, words);
  }

  return { element, update };
}

// Speed in the last 2 min 30 s: 1.2 to 8.4 MiB/s. `speeds` in KiB/s.
export function curveWords(speeds, say) {
  const [least, most] = [Math.min(...speeds), Math.max(...speeds)].map((speed) => formatSpeed(speed * BYTES_PER_KIB));
  const time = formatDuration(speeds.length * POINT_SECONDS);
  return say(least === most ? "curve_even" : "curve", { time, least, most });
}

// The newest point stands at the right, so that what has gone moves to the left; the bottom is no speed at all.
export function pathOf(speeds) {
  const most = Math.max(...speeds, 1);
  const points = speeds.map((speed, index) => {
    const x = startOf(speeds) + index * stepOf(speeds);
    return `${rounded(x)},${rounded(1 + (HEIGHT - 2) * (1 - speed / most))}`;
  });
  return `M${points.join("L")}`;
}

function startOf(speeds) {
  return rounded(WIDTH - (speeds.length - 1) * stepOf(speeds));
}

function stepOf(speeds) {
  return WIDTH / (Math.max(WIDTH_POINTS_LEAST, speeds.length) - 1);
}

function rounded(value) {
  return Math.round(10 * value) / 10;
}

function makeShape(tag, attributes) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
  return shape;
}
