// The weights: dragging re-ranks the same generation in place, rows glide to their new rank, the address follows.
import { animateMoves } from "./moving.js";
import { announce, toast } from "./notices.js";

const PAUSE_MS = 160; // a hand that rests this long wants to see the order
let asking = null;

const sliders = () => [...document.querySelectorAll('.weights input[type="range"]')];
const rows = (results) => results.querySelectorAll(".result");

/** Watch the sliders; dressed() is called after new rows came. */
export function watchWeights(results, dressed) {
  let timer = 0;
  const soon = () => {
    showShares();
    clearTimeout(timer);
    timer = setTimeout(() => rerank(results, dressed), PAUSE_MS);
  };
  for (const slider of sliders()) slider.addEventListener("input", soon);
  document.querySelector("[data-reset]")?.addEventListener("click", (event) => {
    event.preventDefault();
    for (const slider of sliders()) slider.value = slider.dataset.default;
    soon();
  });
  document.querySelector(".filters")?.addEventListener("change", (event) => event.target.form.requestSubmit());
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

async function rerank(results, dressed) {
  asking?.abort();
  asking = new AbortController();
  const address = weighed();
  let text;
  try {
    const answer = await fetch(address, { headers: { "X-Fragment": "results", Accept: "text/html" }, signal: asking.signal });
    if (answer.redirected) return location.assign(address); // signed out meanwhile
    text = await answer.text();
  } catch (error) {
    if (error.name !== "AbortError") toast("The service cannot be reached; the order shown is that of the earlier weights.");
    return undefined;
  }
  const unfolded = [...results.querySelectorAll(".result:has(details[open])")].map((row) => row.id);
  const moved = animateMoves(() => rows(results), () => swap(results, text, unfolded));
  history.replaceState(null, "", address);
  const formula = results.querySelector("[data-formula-text]")?.dataset.formulaText;
  if (formula) document.querySelector("[data-formula]").textContent = formula;
  dressed();
  const first = results.querySelector(".result")?.dataset.name;
  announce(first ? `Ranked anew: ${moved} ${moved === 1 ? "blogger" : "bloggers"} moved; ${first} is first.` : results.textContent.trim().slice(0, 200));
  return undefined;
}

/** Put the new rows in; what was unfolded stays so, and the focus stays with its blogger. */
function swap(results, text, unfolded) {
  const focused = results.contains(document.activeElement) ? document.activeElement.closest(".result")?.id : null;
  const parsed = new DOMParser().parseFromString(text, "text/html");
  results.replaceChildren(...parsed.body.childNodes);
  for (const id of unfolded) document.getElementById(id)?.querySelector("details")?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.querySelector(".name").focus({ preventScroll: true });
}
