// An arrow into a cloud. Lab colours its icons by these classes, light and dark.

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161"
d="M19.35 10.04A7.49 7.49 0 0 0 12 4a7.5 7.5 0 0 0-6.65 4.04A6 6 0 0 0 6 20h13a5 5 0 0 0 .35-9.96zM14 13v4h-4v-4H7l5-5 5 5z"/></svg>`;

// The name that the settings are shown with, too.
const NAME = "oss-jupyter:upload";

export function createIcon(LabIcon) {
  return new LabIcon({ name: NAME, svgstr: SVG });
}
