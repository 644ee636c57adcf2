// What is said after something was done: seen as a toast, heard by the live region.

const TOAST_MS = 6000; // long enough to read two lines; it can also be waited for under the pointer

/** Say it to those who listen. */
export function announce(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  requestAnimationFrame(() => {
    live.textContent = text;
  });
}

/** Show it at the foot of the page, with a link when there is somewhere to go, and say it. */
export function toast(text, link) {
  const note = document.createElement("p");
  note.className = "toast";
  note.append(text);
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.textContent = link.text;
    note.append(" ", anchor);
  }
  document.getElementById("toasts").append(note);
  announce(text);
  let timer = setTimeout(() => note.remove(), TOAST_MS);
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("pointerleave", () => {
    timer = setTimeout(() => note.remove(), TOAST_MS);
  });
}
