// The panel of a card: the same page part as without scripts, its forms sent to the API.
import { tagged } from "./api.js";
import { carefully, stepTo } from "./board_changes.js";
import { openDialog } from "./dialogs.js";
import { announce } from "./notices.js";

/** Show the entry of a blogger; changed() is called after each change. Returns the dialog. */
export async function openEntry(list, blogger, changed) {
  const dialog = openDialog("entry");
  const problem = dialog.querySelector("[data-entry-problem]");
  problem.textContent = "";
  dialog.querySelector("[data-entry]").textContent = "The entry is being read…";
  if (!(await show(dialog, list, blogger))) problem.textContent = "The entry cannot be read: it was removed meanwhile, or the service is away.";
  dialog.onsubmit = (event) => {
    if (!event.target.dataset.do) return;
    event.preventDefault();
    send(dialog, event.target, list, blogger, changed);
  };
  return dialog;
}

async function show(dialog, list, blogger) {
  let answer;
  try {
    answer = await fetch(`/lists/${list}/entries/${blogger}`, { headers: { "X-Fragment": "entry", Accept: "text/html" } });
  } catch {
    return false;
  }
  const place = dialog.querySelector("[data-entry]");
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".entry-of-list");
  if (!answer.ok || !parsed) {
    place.replaceChildren();
    return false;
  }
  place.replaceChildren(parsed);
  dialog.querySelector("header h2").textContent = parsed.dataset.name;
  return true;
}

const bulk = (list, body) => tagged("POST", `/v1/lists/${list}/entries:bulk`, body);

/** What each form does, and what is said of it. Tags and notes overwrite nothing, so they need no version. */
const ACTIONS = {
  set_stage: async (list, shown, form) => {
    await carefully(list, shown, { stage: form.elements.stage.value });
    return `moved to ${form.elements.stage.selectedOptions[0].textContent}`;
  },
  set_owner: async (list, shown, form) => {
    await carefully(list, shown, { owner: form.elements.owner.value });
    return `owner: ${form.elements.owner.value.trim() || "nobody"}`;
  },
  add_tag: async (list, shown, form) => {
    stepTo((await bulk(list, { action: "add_tags", tags: [form.elements.tag.value], blogger_ids: [shown.blogger] })).etag);
    return `tagged ${form.elements.tag.value}`;
  },
  remove_tag: async (list, shown, form) => {
    stepTo((await bulk(list, { action: "remove_tags", tags: [form.elements.tag.value], blogger_ids: [shown.blogger] })).etag);
    return `no longer tagged ${form.elements.tag.value}`;
  },
  add_note: async (list, shown, form) => {
    stepTo((await tagged("POST", `/v1/lists/${list}/entries/${shown.blogger}/notes`, { text: form.elements.text.value })).etag);
    return "note kept";
  },
  delete_note: async (list, shown, form) => {
    stepTo((await tagged("DELETE", `/v1/lists/${list}/entries/${shown.blogger}/notes/${form.dataset.note}`)).etag);
    return "note deleted";
  },
};

async function send(dialog, form, list, blogger, changed) {
  const problem = dialog.querySelector("[data-entry-problem]");
  const shown = dialog.querySelector(".entry-of-list").dataset;
  const name = form.dataset.do;
  const button = form.querySelector("button");
  problem.textContent = "";
  button.disabled = true;
  try {
    const said = await ACTIONS[name](list, shown, form);
    await show(dialog, list, blogger);
    announce(`${shown.name}: ${said}.`);
  } catch (error) {
    if (error.status === 412) await show(dialog, list, blogger);
    problem.textContent = `Nothing was changed: ${error.message}`;
  } finally {
    button.disabled = false;
  }
  // The form is new: the focus goes to the one that took its place.
  const next = dialog.querySelector(`form[data-do="${name}"]`) ?? dialog.querySelector('form[data-do="add_tag"], form[data-do="add_note"]');
  next?.querySelector("textarea, select, input:not([type=hidden]), button")?.focus();
  await changed();
}
