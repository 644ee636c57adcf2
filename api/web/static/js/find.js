// Find: what the hand adds to the page that the server made. Without this file everything can still be read.
import { addToList } from "./adding.js";
import { marks, showMarks, toggleMark } from "./comparing.js";
import { pressJudging, showJudging, watchJudging } from "./judging.js";
import { onKeys } from "./keys.js";
import { current, openCurrent, step, unfold } from "./walking.js";
import { watchWeights } from "./weighing.js";

const WARMING_MS = 2500; // the model takes about 8 s: asked again three or four times
const results = document.getElementById("results");

/** Prepare rows that have just come from the server. */
function dress() {
  for (const button of results.querySelectorAll("[data-add]")) button.hidden = false;
  showJudging(results);
  showMarks(results);
  const warming = results.querySelector("[data-warming]");
  if (warming) setTimeout(askAgain, WARMING_MS);
}

async function askAgain() {
  try {
    const answer = await fetch(location.href, { headers: { "X-Fragment": "results", Accept: "text/html" } });
    const text = await answer.text();
    if (text.includes("data-warming")) {
      setTimeout(askAgain, WARMING_MS);
      return;
    }
  } catch {
    setTimeout(askAgain, WARMING_MS);
    return;
  }
  location.reload();
}

const NARROW = "(width < 60rem)"; // as in find.css: there weights and filters stand above the results

if (results) {
  if (matchMedia(NARROW).matches) for (const part of document.querySelectorAll(".rail details")) part.open = false;
  dress();
  watchWeights(results, dress);
  watchJudging(results);
  results.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add]");
    if (button) addToList(button.closest("[data-blogger]"), results);
  });
  results.addEventListener("change", (event) => {
    if (event.target.matches('input[name="b"]')) toggleMark(event.target, results);
  });
  results.addEventListener("submit", (event) => {
    if (event.target.id === "compare" && marks().length < 2) event.preventDefault();
  });
}

// A brief is typed on several lines only with Shift: Enter sends it.
document.getElementById("brief")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

// Another brief is another search than the niche it came from.
document.getElementById("find")?.addEventListener("submit", (event) => {
  const form = event.target;
  const brief = form.elements.q;
  const niche = form.elements.niche;
  if (niche && brief.value !== brief.defaultValue) niche.disabled = true;
  if (niche && !niche.disabled) brief.disabled = true;
  for (const input of form.querySelectorAll("input, select")) if (input.value === "" && input !== brief) input.disabled = true;
  const sliders = [...form.querySelectorAll('input[type="range"]')];
  if (sliders.every((slider) => slider.value === slider.dataset.default)) for (const slider of sliders) slider.disabled = true;
});

// Coming back by the Back button, the form is as it was left: able.
addEventListener("pageshow", () => {
  for (const control of document.getElementById("find")?.elements ?? []) control.disabled = false;
});

onKeys({
  "/": () => {
    const brief = document.getElementById("brief");
    brief.focus();
    brief.select();
    return true;
  },
  ArrowDown: () => step(results, 1),
  ArrowUp: () => step(results, -1),
  j: () => step(results, 1),
  k: () => step(results, -1),
  Enter: (event) => !event.target.closest("a, button, summary, input") && openCurrent(results),
  e: () => unfold(results),
  f: () => pressJudging(current(results), "like"),
  n: () => pressJudging(current(results), "dislike"),
  l: () => {
    const row = current(results);
    if (row) addToList(row, results);
    return Boolean(row);
  },
  c: () => {
    const box = current(results)?.querySelector('input[name="b"]');
    box?.click();
    return Boolean(box);
  },
});
