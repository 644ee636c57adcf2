// Single keys as commands: silent while somebody types, while a dialog is open, and with Ctrl, Alt or Meta.

const typing = (element) =>
  element.isContentEditable || (element.matches?.("input, textarea, select") && !element.matches('[type="checkbox"], [type="radio"], [type="range"]'));

const usesArrows = (element) => element.matches?.('[type="range"], [type="radio"], summary ~ .scroll');

/** Run commands[key](event) on a key press; the browser's own use of the key is prevented when it returns true. */
export function onKeys(commands) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key.startsWith("Arrow") && usesArrows(event.target)) return;
    const command = Object.hasOwn(commands, event.key) ? commands[event.key] : null;
    if (command && command(event)) event.preventDefault();
  });
}
