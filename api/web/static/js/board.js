// A list: cards that are dragged or moved by keys, a panel with all of a card, marks in the table, dialogs.
import { carefully, etagOf } from "./board_changes.js";
import { openEntry } from "./board_panel.js";
import { openDialog } from "./dialogs.js";
import { onKeys } from "./keys.js";
import { announce, toast } from "./notices.js";

const board = document.getElementById("board");
const mayWrite = board?.hasAttribute("data-may-write");
const columns = () => [...board.querySelectorAll(".column")];
const columnOf = (stage) => board.querySelector(`.column[data-stage="${stage}"]`);
const cardOf = (element) => element?.closest?.(".card");
const cardNamed = (blogger) => board.querySelector(`.card[data-blogger="${blogger}"]`);

let moves = Promise.resolve();

/** Move the card of a blogger to the column that columnFor(card) names once the moves before are done. */
function moveNext(blogger, columnFor) {
  moves = moves.then(async () => {
    const card = cardNamed(blogger);
    if (card) await move(card, columnFor(card));
  });
}

/** Prepare a card that has come from the server. */
function dress(card) {
  card.tabIndex = 0;
  card.setAttribute("aria-describedby", "card-keys");
  card.draggable = mayWrite;
  const form = card.querySelector(".move");
  if (form) showMove(form);
}

/** The button of a stage form is there once another stage is chosen. */
function showMove(form) {
  form.querySelector("button").hidden = form.elements.stage.value === form.elements.was.value;
}

function count(column, change) {
  const shown = column.querySelector("[data-count]");
  shown.dataset.count = Number(shown.dataset.count) + change;
  shown.textContent = Number(shown.dataset.count).toLocaleString("en");
  column.classList.toggle("empty", shown.dataset.count === "0");
}

/** Put a card on top of a column and count it there. */
function place(card, column) {
  const from = card.closest(".column");
  if (from === column) return;
  if (from) count(from, -1);
  count(column, 1);
  column.querySelector(".cards").prepend(card);
}

/** Take the card anew from the server, wherever it belongs by now; without one it is gone from the list. */
async function reload(card) {
  const answer = await fetch(`/lists/${board.dataset.list}/entries/${card.dataset.blogger}`, { headers: { "X-Fragment": "card", Accept: "text/html" } });
  if (!answer.ok) {
    count(card.closest(".column"), -1);
    card.remove();
    return null;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".card");
  dress(fresh);
  // Only now: the panel may have been closed, and given the focus back, while the answer was on its way.
  const focused = card.contains(document.activeElement);
  place(card, columnOf(fresh.dataset.stage));
  card.replaceWith(fresh);
  if (focused) fresh.focus({ preventScroll: true });
  return fresh;
}

/** Move a card to a column at once, and back again when the service refuses. */
async function move(card, column) {
  const from = card.closest(".column");
  if (!column || column === from) return;
  const before = card.nextElementSibling;
  card.setAttribute("aria-busy", "true");
  const focused = card.contains(document.activeElement);
  place(card, column);
  if (focused) card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  try {
    await carefully(board.dataset.list, card.dataset, { stage: column.dataset.stage });
    await reload(card);
    const number = columns().indexOf(column) + 1;
    announce(`${card.dataset.name} moved to ${column.dataset.name}, stage ${number} of ${columns().length}; ${column.querySelector("[data-count]").textContent} there.`);
  } catch (error) {
    place(card, from);
    from.querySelector(".cards").insertBefore(card, before);
    if (focused) card.focus({ preventScroll: true });
    card.removeAttribute("aria-busy");
    if (error.status === 412 || error.status === 404) await reload(card);
    toast(`${card.dataset.name} was not moved: ${error.message}`);
  }
}

function watchDrag() {
  let dragged = null;
  const over = (column) => {
    for (const one of columns()) one.classList.toggle("over", one === column);
  };
  board.addEventListener("dragstart", (event) => {
    dragged = cardOf(event.target);
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.name);
    dragged.classList.add("dragged");
    board.classList.add("dragging");
  });
  board.addEventListener("dragover", (event) => {
    const column = event.target.closest(".column");
    if (!dragged || !column) return;
    event.preventDefault();
    over(column);
  });
  board.addEventListener("drop", (event) => {
    const column = event.target.closest(".column");
    if (!dragged || !column) return;
    event.preventDefault();
    moveNext(dragged.dataset.blogger, () => column);
  });
  board.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    board.classList.remove("dragging");
    over(null);
    dragged = null;
  });
}

/** Go to the card above or below (rows), or at the same height of the next column that has cards (sideways). */
function walk(rows, sideways) {
  const here = cardOf(document.activeElement);
  if (!here) {
    const first = board.querySelector(".card");
    first?.focus();
    return Boolean(first);
  }
  const cards = [...here.parentElement.children];
  if (rows) cards[cards.indexOf(here) + rows]?.focus();
  const filled = columns().filter((column) => column.querySelector(".card"));
  const next = filled[filled.indexOf(here.closest(".column")) + sideways];
  if (sideways && next) [...next.querySelectorAll(".card")].at(Math.min(cards.indexOf(here), next.querySelectorAll(".card").length - 1)).focus();
  return true;
}

/** Move the card with the focus by so many stages. */
function shift(by) {
  const card = cardOf(document.activeElement);
  if (!card || !mayWrite) return false;
  moveNext(card.dataset.blogger, (there) => {
    const next = columns()[columns().indexOf(there.closest(".column")) + by];
    if (!next) announce(`${there.dataset.name} is at the ${by > 0 ? "last" : "first"} stage.`);
    return next;
  });
  return true;
}

async function open(card) {
  const { blogger } = card.dataset;
  const dialog = await openEntry(board.dataset.list, blogger, async () => {
    const there = cardNamed(blogger);
    if (there) await reload(there);
  });
  // The card was made anew with each change, so the browser cannot give the focus back by itself.
  dialog.addEventListener("close", () => cardNamed(blogger)?.focus(), { once: true });
}

if (board) {
  etagOf(board.dataset.etag);
  for (const card of board.querySelectorAll(".card")) dress(card);
  board.classList.add("live");
  if (mayWrite) watchDrag();
  board.addEventListener("change", (event) => event.target.form?.matches(".move") && showMove(event.target.form));
  board.addEventListener("submit", (event) => {
    event.preventDefault();
    const column = columnOf(event.target.elements.stage.value);
    moveNext(cardOf(event.target).dataset.blogger, () => column);
  });
  board.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !event.target.closest(".card a.name")) return;
    event.preventDefault();
    open(cardOf(event.target));
  });
  onKeys({
    "[": () => shift(-1),
    "]": () => shift(1),
    ArrowUp: () => walk(-1, 0),
    ArrowDown: () => walk(1, 0),
    ArrowLeft: (event) => (event.shiftKey ? shift(-1) : walk(0, -1)),
    ArrowRight: (event) => (event.shiftKey ? shift(1) : walk(0, 1)),
    Enter: (event) => {
      if (!event.target.matches(".card")) return false;
      open(event.target);
      return true;
    },
  });
}

// The table: all rows at once, and how many are marked.
const bulk = document.getElementById("bulk");
if (bulk?.querySelector("[data-mark-all]")) {
  const boxes = () => [...bulk.querySelectorAll('input[name="b"]')];
  const all = bulk.querySelector("[data-mark-all]");
  const say = () => {
    const marked = boxes().filter((box) => box.checked).length;
    bulk.querySelector("[data-marked]").textContent = marked ? `With ${marked} marked ${marked === 1 ? "row" : "rows"}` : "Mark rows to change";
    for (const button of bulk.querySelectorAll(".bulk button")) button.disabled = !marked;
    all.firstChild.indeterminate = marked > 0 && marked < boxes().length;
    all.firstChild.checked = marked === boxes().length;
  };
  all.hidden = false;
  bulk.querySelector("[data-mark-head]").remove();
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.firstChild.checked;
  });
  bulk.addEventListener("change", say);
  addEventListener("pageshow", say);
}

document.querySelector("[data-delete]")?.addEventListener("click", (event) => {
  event.preventDefault();
  event.target.closest(".menu").open = false;
  openDialog("delete");
});

// A menu closes when something else is done.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// What was told is told once: not again when the page is loaded anew.
if (new URLSearchParams(location.search).has("told")) {
  const address = new URL(location.href);
  address.searchParams.delete("told");
  history.replaceState(null, "", address);
}
