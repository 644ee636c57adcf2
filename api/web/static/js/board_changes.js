// Changes of an entry that overwrite nothing unseen: each names the version of the list that this page knows.
import { api, tagged } from "./api.js";

const TRIES = 3; // a list that changes under three tries in a row is being edited by a machine
let known = null;

/** The version this page knows; given one, that from now on. */
export function etagOf(etag) {
  if (etag) known = etag;
  return known;
}

const version = (etag) => Number(etag?.match(/-(\d+)"$/)?.[1] ?? NaN);

/** After a change of our own the version is one higher; a greater step hides somebody else's change, so it is not taken. */
export function stepTo(etag) {
  if (version(etag) === version(known) + 1) known = etag;
}

export class OvertakenError extends Error {
  constructor(message) {
    super(message);
    this.status = 412;
  }
}

const seen = (shown, entry) => shown.stage === entry.stage && shown.owner === entry.owner;

/** Set fields of the entry that was shown as {blogger, stage, owner}. When only other entries of the list changed
    meanwhile it is done all the same; throws OvertakenError, with what somebody did, when this one did. */
export async function carefully(list, shown, fields) {
  const path = `/v1/lists/${list}/entries/${shown.blogger}`;
  for (let tried = 1; ; tried += 1) {
    try {
      const { data, etag } = await tagged("PATCH", path, fields, { "If-Match": known });
      known = etag;
      return data;
    } catch (error) {
      if (error.status !== 412 || tried === TRIES) throw error;
    }
    const { data, etag } = await tagged("GET", path);
    if (!seen(shown, data)) throw new OvertakenError(await whatChanged(list, shown));
    known = etag;
  }
}

const words = (stage) => stage.replaceAll("_", " ");

/** Who changed the entry last, and how, by the list's history. */
async function whatChanged(list, shown) {
  const events = (await api("GET", `/v1/lists/${list}/history?limit=50`)).data;
  const event = events.find((one) => one.blogger_id === shown.blogger && (one.changes.stage || one.changes.owner));
  if (!event) return "it was changed meanwhile and is shown anew.";
  const { stage, owner } = event.changes;
  const said = [stage && `moved it from ${words(stage[0] ?? "none")} to ${words(stage[1] ?? "none")}`, owner && `gave it to ${owner[1] || "nobody"}`];
  return `“${event.actor}” ${said.filter(Boolean).join(" and ")} meanwhile. It is shown as it is now.`;
}
