// Looking at the page: its theme, and whether the card is on the screen. Each function returns how to stop.

// JupyterLab and Notebook 7 name their theme on the body, VS Code too, Colab on the root; else the system's counts.
const THEME_ATTRIBUTES = ["class", "data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-kind", "theme"];

export function watchTheme(onChange) {
  const later = () => requestAnimationFrame(onChange); // once the new style is in force
  const observer = new MutationObserver(later);
  for (const element of [document.body, document.documentElement]) {
    observer.observe(element, { attributes: true, attributeFilter: THEME_ATTRIBUTES });
  }
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", later);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", later);
  };
}

// Calls onGone() when the kernel has ended for good: it died, or was shut down, which ends the page's connection to it.
// A restart is told by the widget itself.
export function watchKernel(kernel, onGone) {
  const onStatus = (_, status) => status === "dead" && onGone();
  kernel?.statusChanged?.connect?.(onStatus);
  kernel?.disposed?.connect?.(onGone);
  if (kernel?.status === "dead" || kernel?.isDisposed) onGone();
  return () => {
    kernel?.statusChanged?.disconnect?.(onStatus);
    kernel?.disposed?.disconnect?.(onGone);
  };
}

// Calls onChange(true or false) when the card comes to the screen or leaves it, a tab in the background included.
export function watchScreen(element, onChange) {
  let inView = false;
  let told = null;
  const tell = () => {
    const visible = inView && !document.hidden;
    if (visible !== told) onChange((told = visible));
  };
  const observer = new IntersectionObserver((entries) => {
    inView = entries[entries.length - 1].isIntersecting;
    tell();
  });
  const onHide = () => told && onChange((told = false));
  observer.observe(element);
  document.addEventListener("visibilitychange", tell);
  window.addEventListener("pagehide", onHide);
  return () => {
    observer.disconnect();
    document.removeEventListener("visibilitychange", tell);
    window.removeEventListener("pagehide", onHide);
    onHide();
  };
}
