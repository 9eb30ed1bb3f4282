/** The service's API. Every failure is an `ApiError` that says what was wrong. */

import { askForKey, heldKey } from "./keys.js";

/** An answer that is not a success: problem details (RFC 9457) where the service sent them. */
export class ApiError extends Error {
  constructor(status, problem, response) {
    super(problem.detail || problem.title || `The service answered ${status}.`);
    this.status = status;
    this.title = problem.title || "The service could not answer";
    this.fields = Array.isArray(problem.errors) ? problem.errors : [];
    this.requestId = problem.request_id || response?.headers.get("x-request-id") || "";
    this.retryAfter = Number(response?.headers.get("retry-after")) || 0;
  }
}

/** JSON of a GET. */
export async function get(path, signal) {
  return (await send(path, { signal })).json();
}

/** JSON of a POST. */
export async function post(path, body, signal) {
  return (await send(path, { method: "POST", body, signal })).json();
}

/** The answer itself, if it is a success. A 401 asks for a key, and tries again with it. */
export async function send(path, { method = "GET", body, accept = "application/json", signal } = {}) {
  for (;;) {
    const response = await attempt(path, { method, body, accept, signal });
    if (response.ok) return response;
    const failure = new ApiError(response.status, await problemOf(response), response);
    if (response.status !== 401) throw failure;
    if (!(await askForKey(failure.message, signal))) throw failure;
  }
}

async function attempt(path, { method, body, accept, signal }) {
  const headers = { Accept: accept };
  if (heldKey()) headers.Authorization = `Bearer ${heldKey()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { title: "No connection", detail: "The service does not answer. Is it running?" });
  }
}

async function problemOf(response) {
  try {
    const problem = await response.json();
    return typeof problem === "object" && problem ? problem : {};
  } catch {
    return {};
  }
}
