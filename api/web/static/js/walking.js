// Walking through results by keys: the current row has the focus on its name.

const names = (results) => (results ? [...results.querySelectorAll(".result .name")] : []);

/** The row that holds the focus, else the one walked to last. */
export function current(results) {
  return document.activeElement?.closest?.(".result") ?? results?.querySelector(".result.current") ?? null;
}

/** Go to the next (1) or previous (-1) result; true when there is one. */
export function step(results, direction) {
  const all = names(results);
  if (!all.length) return false;
  const here = all.indexOf(current(results)?.querySelector(".name"));
  const next = all[here < 0 ? (direction > 0 ? 0 : all.length - 1) : here + direction];
  if (!next) return true;
  for (const row of results.querySelectorAll(".result.current")) row.classList.remove("current");
  next.closest(".result").classList.add("current");
  next.focus();
  next.closest(".result").scrollIntoView({ block: "nearest" });
  return true;
}

/** Open the page of the current blogger. */
export function openCurrent(results) {
  const name = current(results)?.querySelector(".name");
  name?.click();
  return Boolean(name);
}

/** Show or hide how the current score is made. */
export function unfold(results) {
  const details = current(results)?.querySelector("details");
  if (details) details.open = !details.open;
  return Boolean(details);
}
