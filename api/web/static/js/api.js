// Calls of /v1 by the session of this page: the token of the page goes along, problems become errors with a sentence.

export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `The service answered ${status}.`);
    this.status = status;
    this.problem = problem;
  }
}

const token = () => document.querySelector('meta[name="csrf-token"]').content;

/** The JSON of an answer (null when it has none); throws ApiError for a problem and for a service that is away. */
export async function api(method, path, body, headers = {}) {
  return (await tagged(method, path, body, headers)).data;
}

/** As api(), with the ETag of the answer: {data, etag}. */
export async function tagged(method, path, body, headers = {}) {
  const sent = { Accept: "application/json", ...headers };
  if (method !== "GET") sent["X-CSRF-Token"] = token();
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new ApiError(0, { detail: "The service cannot be reached; nothing was changed. Try again." });
  }
  const text = await answer.text();
  let found = null;
  try {
    found = text ? JSON.parse(text) : null;
  } catch {
    found = { detail: `The service answered ${answer.status} without saying why.` };
  }
  if (!answer.ok) throw new ApiError(answer.status, found || {});
  return { data: found, etag: answer.headers.get("ETag") };
}

/** All of a listing's data, page after page. */
export async function everything(path) {
  const data = [];
  for (let cursor = null; ; ) {
    const address = cursor === null ? path : `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}`;
    const page = await api("GET", address);
    data.push(...page.data);
    if (!page.has_more) return data;
    cursor = page.next_cursor;
  }
}
