// The gateway's public paths, and how its answers read. All is relative to the page, so it works below a path too.

import { askForToken, credentials } from "./token.js";

const ROOT = new URL("./", location.href.split(/[?#]/)[0]);

/// The gateway's root without its last slash, as people type it.
export const origin = ROOT.href.replace(/\/$/, "");

/// Transports that the address asks for (`?transport=poll`); `undefined` leaves the choice to the client.
const asked = new URLSearchParams(location.search).get("transport");
export const transports = ["websocket", "sse", "poll"].includes(asked) ? [asked] : undefined;

/// A name as it may stand in an address, with what is harmless there left readable.
export const readable = (name) => encodeURIComponent(name).replace(/%(3A|40|2C|2F|3D|3B)/g, decodeURIComponent);

/// A path below `v1/`; names in it are escaped by `readable`, or wholly where a slash would be the path's own.
export function url(path, query = {}) {
  const made = new URL(`v1/${path}`, ROOT);
  for (const [name, value] of Object.entries(query)) if (value) made.searchParams.set(name, value);
  return made;
}

export const channelURL = (channel, query) => url(`channels/${readable(channel)}`, query);

/// What went wrong, in words for a person. `code` is the gateway's stable one; `status` is 0 when it can't be reached.
export class Problem extends Error {
  constructor(detail, code, status) {
    super(detail);
    this.code = code;
    this.status = status;
  }
}

/// How long an answer may take, in milliseconds.
const PATIENCE = 15_000;

/// What a proxy answers for want of a gateway, without the words that the gateway's own answers have.
const PROXYS_OWN = [502, 503, 504];

async function ask(address, options) {
  const headers = { ...credentials, ...options?.headers };
  const request = { cache: "no-store", signal: AbortSignal.timeout(PATIENCE), ...options, headers };
  const response = await fetch(address, request).catch(() => undefined);
  if (response?.ok) return response;
  const body = await response?.json().catch(() => undefined);
  if (!response || (!body && PROXYS_OWN.includes(response.status))) {
    throw new Problem("The gateway can’t be reached.", "unreachable", 0);
  }
  const { detail, title, code } = body ?? {};
  if (response.status === 401) askForToken(detail);
  throw new Problem(detail || title || `The gateway answered ${response.status}.`, code, response.status);
}

const answer = async (address, options) => (await ask(address, options)).json();
const send = (method, address, body) =>
  answer(address, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/// Snapshots, the newest first.
export const listTasks = (states, limit) => answer(url("tasks", { state: states.join(","), limit }));
export const createTask = (task) => send("POST", url("tasks"), task);
export const changeTask = (id, change) => send("PATCH", url(`tasks/${encodeURIComponent(id)}`), change);

export const listChannels = (prefix, limit) => answer(url("channels", { prefix, limit }));
/// The retained messages of a channel by their keys.
export const retainedOf = async (channel) => (await answer(channelURL(channel, { since: "latest", limit: 1 }))).retained;

/// Publishes once; answers with the position.
export function publish(channel, text, { event, json }) {
  const type = json ? "application/json" : "text/plain; charset=utf-8";
  return answer(channelURL(channel, { event }), { method: "POST", headers: { "Content-Type": type }, body: text });
}

/// The milliseconds that a round trip through the broker took. Throws what is wrong with it.
export async function askReadiness() {
  const began = performance.now();
  await ask(new URL("readyz", ROOT));
  return performance.now() - began;
}

/// The gateway's counters by their names without `telltale_`.
export async function readCounters() {
  const text = await (await ask(new URL("metrics", ROOT))).text();
  return Object.fromEntries([...text.matchAll(/^telltale_(\w+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]));
}
