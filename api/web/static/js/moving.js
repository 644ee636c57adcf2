// Rows that move to their new place instead of jumping there (first, last, invert, play).

const MOVE_MS = 260;

/** Call swap(), which changes the rows, and let every row that is still there glide from its old place.
    Rows are told apart by data-blogger. Returns how many changed their place. */
export function animateMoves(rowsOf, swap) {
  const before = new Map([...rowsOf()].map((row, index) => [row.dataset.blogger, { top: row.getBoundingClientRect().top, index }]));
  swap();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let moved = 0;
  [...rowsOf()].forEach((row, index) => {
    const old = before.get(row.dataset.blogger);
    if (!old || old.index === index) return;
    moved += 1;
    const distance = old.top - row.getBoundingClientRect().top;
    if (still) return;
    row.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }], { duration: MOVE_MS, easing: "cubic-bezier(0.2, 0, 0, 1)" });
  });
  return moved;
}
