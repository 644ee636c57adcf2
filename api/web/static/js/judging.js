// Two buttons beside a result: it fits, it does not. What is pressed is kept as the team's judgement; pressed again it goes.
import { api } from "./api.js";
import { announce, toast } from "./notices.js";

const SAID = { like: "fits", dislike: "does not fit" };

/** What is judged for, and the ranking in which the blogger was seen: from the nearest [data-head]. */
function stated(group, head) {
  const target = head.dataset.niche ? { niche_id: head.dataset.niche } : { query: head.dataset.query };
  const seen = { generation: head.dataset.generation, rank: Number(group.dataset.rank), score: Number(group.dataset.score) };
  return { ...target, blogger_id: group.dataset.judging, seen };
}

function show(group, grade, judgement) {
  for (const button of group.querySelectorAll("[data-judge]")) button.setAttribute("aria-pressed", String(button.dataset.judge === grade));
  group.querySelector("[data-partly]").hidden = true;
  if (judgement) group.dataset.judgement = judgement;
  else delete group.dataset.judgement;
}

async function judge(group, grade, head) {
  const pressed = group.querySelector(`[data-judge="${grade}"]`).getAttribute("aria-pressed") === "true";
  if (group.dataset.busy) return;
  group.dataset.busy = "true";
  try {
    if (pressed) {
      await takeBack(group.dataset.judgement);
      show(group, null, null);
      announce(`${group.dataset.name} is not judged any more.`);
    } else {
      const made = await api("POST", "/v1/judgements", { ...stated(group, head), grade });
      show(group, grade, made.id);
      announce(`${group.dataset.name} ${SAID[grade]}: kept.`);
    }
  } catch (error) {
    toast(`The judgement was not kept. ${error.message}`);
  } finally {
    delete group.dataset.busy;
  }
}

/** Somebody else, or another window, may have taken it back already: then it is done. */
async function takeBack(judgement) {
  try {
    await api("DELETE", `/v1/judgements/${encodeURIComponent(judgement)}`);
  } catch (error) {
    if (error.status !== 404) throw error;
  }
}

/** Bring the buttons within a place to life; call it for rows that have just come from the server. */
export function showJudging(place) {
  for (const group of place.querySelectorAll("[data-judging]")) group.hidden = false;
}

/** Hear the buttons within a place that holds a [data-head]. */
export function watchJudging(place) {
  place.addEventListener("click", (event) => {
    const button = event.target.closest("[data-judge]");
    if (button) judge(button.closest("[data-judging]"), button.dataset.judge, headOf(place));
  });
}

/** Press a button of a row by key; true when the row has it. */
export function pressJudging(row, grade) {
  const button = row?.querySelector(`[data-judge="${grade}"]`);
  button?.click();
  return Boolean(button);
}

const headOf = (place) => (place.matches("[data-head]") ? place : place.querySelector("[data-head]"));
