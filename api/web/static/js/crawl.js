// Crawl: while something runs, the part about it is asked for again and again. Without this file there is a reload link.
import { announce } from "./notices.js";

const EVERY_MS = 2000; // jobs write their progress once a second
const SLOWER_MS = 15000; // when the service is away, until it is back

const fragment = document.querySelector("[data-work] [data-fragment]");

const running = () => fragment.querySelector("[data-running]")?.dataset.running === "yes";

/** State of each activity, to tell what changed. */
function states() {
  return new Map([...fragment.querySelectorAll("[data-activity]")].map((one) => [one.dataset.activity, one.dataset]));
}

/** What those who listen are told: only that a state changed, never every count. */
function sayChanges(before, after) {
  const sentences = [];
  for (const [id, { state, title }] of after) if (before.get(id)?.state !== state) sentences.push(`${title}: ${state}.`);
  for (const [id, { title }] of before) if (!after.has(id)) sentences.push(`${title}: over.`);
  if (sentences.length) announce(sentences.join(" "));
}

/** Put the new text in, keeping the focus and what is unfolded. */
function show(text) {
  const before = states();
  const focused = fragment.contains(document.activeElement) ? document.activeElement.id : "";
  const unfolded = [...fragment.querySelectorAll("details")].map((one) => one.open);
  fragment.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  [...fragment.querySelectorAll("details")].forEach((one, index) => {
    one.open = unfolded.length === fragment.querySelectorAll("details").length && unfolded[index];
  });
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  sayChanges(before, states());
}

async function ask() {
  if (document.hidden) return EVERY_MS;
  try {
    const answer = await fetch("/crawl", { headers: { "X-Fragment": "work", Accept: "text/html" } });
    if (answer.redirected) return location.reload();
    if (!answer.ok) return SLOWER_MS;
    show(await answer.text());
  } catch {
    return SLOWER_MS;
  }
  return EVERY_MS;
}

async function watch() {
  while (running()) {
    const pause = await ask();
    await new Promise((done) => setTimeout(done, pause ?? EVERY_MS));
  }
}

if (fragment) watch();
