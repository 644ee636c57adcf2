// Marks for comparing: two to four bloggers of one search, kept for this tab while pages are turned.
import { toast } from "./notices.js";

const MOST = 4;
const key = (results) => {
  const head = results.querySelector("[data-head]");
  return head ? `compare ${head.dataset.generation} ${head.dataset.niche} ${head.dataset.query}` : "compare";
};

let marked = [];

/** The marked bloggers' ids, in the order of marking. */
export const marks = () => marked;

/** Take up the marks of this search and show them. */
export function showMarks(results) {
  try {
    marked = JSON.parse(sessionStorage.getItem(key(results)) ?? "[]");
  } catch {
    marked = [];
  }
  show(results);
}

/** Mark or unmark the blogger of a box; a fifth is refused. */
export function toggleMark(box, results) {
  if (box.checked && marked.length >= MOST) {
    box.checked = false;
    toast(`${MOST} bloggers are marked already; unmark one first.`);
    return;
  }
  marked = box.checked ? [...marked, box.value] : marked.filter((id) => id !== box.value);
  try {
    sessionStorage.setItem(key(results), JSON.stringify(marked));
  } catch {
    // A full or forbidden store: the marks last as long as this page.
  }
  show(results);
}

function show(results) {
  const form = results.querySelector("#compare");
  if (!form) return;
  for (const box of results.querySelectorAll('input[name="b"][type="checkbox"]')) box.checked = marked.includes(box.value);
  for (const hidden of form.querySelectorAll('input[name="b"]')) hidden.remove();
  const here = new Set([...results.querySelectorAll('input[name="b"][type="checkbox"]')].map((box) => box.value));
  for (const id of marked.filter((one) => !here.has(one))) {
    const hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name: "b", value: id });
    form.append(hidden);
  }
  form.querySelector("button").disabled = marked.length < 2;
  form.querySelector("[data-compared]").textContent = marked.length ? `${marked.length} of ${MOST} marked` : "Mark two to four to compare";
}
