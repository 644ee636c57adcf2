// The dialog that puts a blogger on a shortlist: one that is there, or a new one.
import { api, everything } from "./api.js";
import { openDialog } from "./dialogs.js";
import { toast } from "./notices.js";

const FIGURES = ["relevance", "engagement", "reach"];
const LAST = "bloghound list used last";

/** What the entry was added from: the ranking and the figures that stood beside the button. */
function addedFrom(row, head) {
  const given = { query: head?.dataset.query, niche: head?.dataset.niche, generation: head?.dataset.generation, why: row.dataset.why };
  const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value));
  if (row.dataset.rank) stated.rank = Number(row.dataset.rank);
  if (row.dataset.score) stated.score = Number(row.dataset.score);
  for (const name of FIGURES) if (row.dataset[name]) stated[name] = Number(row.dataset[name]);
  return stated;
}

/** Ask for the list and add the blogger of a row (data-blogger, data-name, …), found in a ranking with [data-head]. */
export async function addToList(row, ranking) {
  const dialog = openDialog("add");
  const form = dialog.querySelector("form[data-add-form]");
  const problem = dialog.querySelector("[data-add-problem]");
  dialog.querySelector("[data-add-name]").textContent = row.dataset.name;
  problem.textContent = "";
  form.elements.name.value = "";
  const from = addedFrom(row, ranking?.querySelector("[data-head]"));
  form.onsubmit = (event) => {
    event.preventDefault();
    add(dialog, form, problem, row, from);
  };
  try {
    showLists(dialog.querySelector("[data-lists]"), await everything("/v1/lists?limit=100"));
    (form.querySelector('input[name="list"]:checked') ?? form.elements.name).focus();
  } catch (error) {
    problem.textContent = error.message;
  }
}

function showLists(place, lists) {
  let last = null;
  try {
    last = localStorage.getItem(LAST);
  } catch {
    // Without a store the first list is proposed.
  }
  const chosen = lists.some((list) => list.id === last) ? last : lists[0]?.id;
  place.replaceChildren(
    ...lists.map((list) => {
      const label = document.createElement("label");
      label.className = "choice";
      const radio = Object.assign(document.createElement("input"), { type: "radio", name: "list", value: list.id, checked: list.id === chosen });
      const name = Object.assign(document.createElement("span"), { textContent: list.name, dir: "auto" });
      label.append(radio, name);
      return label;
    }),
  );
  if (!lists.length) place.append(Object.assign(document.createElement("p"), { className: "hint", textContent: "There is no list yet: name the first one below." }));
}

/** A new list; it is chosen in the dialog from now on, so that a second try does not make it again. */
async function create(dialog, form, name) {
  const list = await api("POST", "/v1/lists", { name });
  form.elements.name.value = "";
  showLists(dialog.querySelector("[data-lists]"), [list]);
  return list;
}

async function add(dialog, form, problem, row, from) {
  const button = form.querySelector("button.primary");
  const name = form.elements.name.value.trim();
  const chosen = form.querySelector('input[name="list"]:checked');
  if (!name && !chosen) {
    problem.textContent = "Choose a list, or name a new one.";
    return;
  }
  button.disabled = true;
  problem.textContent = "";
  let list = null;
  try {
    list = name ? await create(dialog, form, name) : { id: chosen.value, name: chosen.nextSibling.textContent };
    await api("POST", `/v1/lists/${encodeURIComponent(list.id)}/entries`, { blogger_id: row.dataset.blogger, added_from: from });
    try {
      localStorage.setItem(LAST, list.id);
    } catch {
      // Not remembered, nothing lost.
    }
    dialog.close();
    toast(`${row.dataset.name} is on “${list.name}”.`, { href: `/lists/${encodeURIComponent(list.id)}`, text: "Open the list" });
  } catch (error) {
    const there = list && error.status === 409;
    problem.textContent = there ? `${row.dataset.name} is on “${list.name}” already.` : error.message;
  } finally {
    button.disabled = false;
  }
}
