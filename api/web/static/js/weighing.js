// The weights: dragging re-ranks the same generation in place, rows glide to their new rank, the address follows.
// Each move of the hand is one step of the history: the Back button takes it back.
import { animateMoves } from "./moving.js";
import { announce, toast } from "./notices.js";

const PAUSE_MS = 160; // a hand that rests this long wants to see the order
const MOVE_MS = 1500; // what follows sooner is the same move: arrow keys, a second thought
const WORDS_MS = 700; // whoever waits longer is told what for
const KEPT = "the order shown is that of the earlier weights.";
let asking = null;
let movedAt = -MOVE_MS;

const sliders = () => [...document.querySelectorAll('.weights input[type="range"]')];
const rows = (results) => results.querySelectorAll(".result");

/** Watch the sliders; dressed() is called after new rows came. */
export function watchWeights(results, dressed) {
  let timer = 0;
  const soon = () => {
    showShares();
    clearTimeout(timer);
    timer = setTimeout(() => rerank(results, dressed, weighed()), PAUSE_MS);
  };
  for (const slider of sliders()) slider.addEventListener("input", soon);
  document.querySelector("[data-reset]")?.addEventListener("click", (event) => {
    event.preventDefault();
    for (const slider of sliders()) slider.value = slider.dataset.default;
    soon();
  });
  addEventListener("popstate", () => {
    clearTimeout(timer);
    if (takeWeights(new URL(location.href))) rerank(results, dressed, new URL(location.href));
  });
  document.querySelector(".filters")?.addEventListener("change", (event) => event.target.form.requestSubmit());
}

/** Set the sliders as an address says; true when that changed one. */
function takeWeights(address) {
  const named = sliders().some((slider) => address.searchParams.has(slider.name));
  let changed = false;
  for (const slider of sliders()) {
    const stated = named ? (address.searchParams.get(slider.name) ?? "0") : slider.dataset.default;
    changed ||= slider.value !== stated;
    slider.value = stated;
  }
  showShares();
  return changed;
}

/** The number beside each slider: its share of all weights, in percent. */
function showShares() {
  const total = sliders().reduce((sum, slider) => sum + Number(slider.value), 0);
  for (const slider of sliders()) {
    const share = total ? Math.round((100 * Number(slider.value)) / total) : 0;
    document.querySelector(`[data-share="${slider.name}"]`).textContent = `${share} %`;
  }
}

/** The address of this search with the sliders' weights. */
function weighed() {
  const address = new URL(location.href);
  const usual = sliders().every((slider) => slider.value === slider.dataset.default);
  address.searchParams.delete("page");
  for (const slider of sliders()) {
    if (usual) address.searchParams.delete(slider.name);
    else address.searchParams.set(slider.name, slider.value);
  }
  return address;
}

/** The rows of an address, null when others were asked for meanwhile; throws what to say when there are none. */
async function ask(address) {
  asking?.abort();
  const own = new AbortController();
  asking = own;
  let answer;
  let text;
  try {
    answer = await fetch(address, { headers: { "X-Fragment": "results", Accept: "text/html" }, signal: own.signal });
    text = await answer.text();
  } catch {
    if (own.signal.aborted) return null;
    throw new Error(`The service cannot be reached; ${KEPT}`);
  }
  if (answer.redirected) return location.assign(address) ?? null; // signed out meanwhile
  const found = new DOMParser().parseFromString(text, "text/html").body;
  if (found.querySelector("main")) throw new Error(`${found.querySelector("h1").textContent}: ${KEPT}`); // a whole page is an error's
  return found.childNodes;
}

/** Show in the address what the sliders say: one entry of the history for each move. */
function remember(address) {
  const now = performance.now();
  if (address.href !== location.href) history[now - movedAt > MOVE_MS ? "pushState" : "replaceState"](null, "", address);
  movedAt = now;
}

async function rerank(results, dressed, address) {
  const waiting = setTimeout(() => {
    results.setAttribute("aria-busy", "true");
    announce("Ranking anew…");
  }, WORDS_MS);
  let found;
  try {
    found = await ask(address);
  } catch (error) {
    toast(error.message);
    return;
  } finally {
    clearTimeout(waiting);
    results.removeAttribute("aria-busy");
  }
  if (!found) return;
  const unfolded = [...results.querySelectorAll(".result:has(details[open])")].map((row) => row.id);
  const moved = animateMoves(() => rows(results), () => swap(results, found, unfolded));
  remember(address);
  const formula = results.querySelector("[data-formula-text]")?.dataset.formulaText;
  if (formula) document.querySelector("[data-formula]").textContent = formula;
  dressed();
  const first = results.querySelector(".result")?.dataset.name;
  announce(first ? `Ranked anew: ${moved} ${moved === 1 ? "blogger" : "bloggers"} moved; ${first} is first.` : results.textContent.trim().slice(0, 200));
}

/** Put the new rows in; what was unfolded stays so, and the focus stays with its blogger. */
function swap(results, found, unfolded) {
  const focused = results.contains(document.activeElement) ? document.activeElement.closest(".result")?.id : null;
  results.replaceChildren(...found);
  for (const id of unfolded) document.getElementById(id)?.querySelector("details")?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.querySelector(".name").focus({ preventScroll: true });
}
