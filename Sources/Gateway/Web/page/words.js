// What tasks say, in words for a person: states, progress, times.

export const STATE_WORDS = {
  unknown: "Unknown",
  queued: "Queued",
  started: "Running",
  finished: "Finished",
  failed: "Failed",
  cancelled: "Cancelled",
  lost: "Lost",
};
const FINAL = new Set(["finished", "failed", "cancelled"]);

export const isFinal = ({ state }) => FINAL.has(state);

/// A state that this page has not heard of is as good as none.
export const stateOf = ({ state }) => (Object.hasOwn(STATE_WORDS, state) ? state : "unknown");

export function stateWord(task) {
  return task.cancel_requested && task.state === "started" ? "Cancelling" : STATE_WORDS[stateOf(task)];
}

export const titleOf = (task) => task.title || task.id;

/// Milliseconds in the two largest units that matter.
export function duration(milliseconds) {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 10) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (seconds < 60) return `${seconds} s`;
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return two(days, "d", hours, "h");
  return hours ? two(hours, "h", minutes, "min") : two(minutes, "min", seconds % 60, "s");
}

const two = (large, largeUnit, small, smallUnit) => `${large} ${largeUnit}${small ? ` ${small} ${smallUnit}` : ""}`;

/// How long it has been in whole seconds, which is what a ticking clock shows.
export const ticking = (milliseconds) => duration(Math.max(1000, Math.floor(milliseconds / 1000) * 1000)).replace(".0 s", " s");

/// How long a task ran, runs or has waited, at the time `now`; empty if it is not known.
export function elapsed(task, now = Date.now()) {
  const [created, started, ended] = [task.created, task.started, task.ended].map((time) => Date.parse(time ?? ""));
  const began = Number.isNaN(started) ? created : started;
  if (Number.isNaN(began)) return "";
  if (isFinal(task)) return Number.isNaN(ended) ? "" : duration(ended - began);
  return task.state === "lost" ? "" : ticking(now - began);
}

const number = (value) => (typeof value === "number" ? value.toLocaleString("en-GB") : undefined);

/// Progress as a percentage (`null`: under way, no telling how far) and the words beside the bar; `null` if there is none.
export function progressOf(progress) {
  if (!progress || typeof progress !== "object") return null;
  const { current, total, percent, note } = progress;
  const counted = typeof current === "number" && total > 0;
  const share = typeof percent === "number" ? percent : counted ? (current / total) * 100 : null;
  const words = [];
  if (share !== null) words.push(`${Math.floor(share)} %`);
  if (typeof current === "number") words.push(counted ? `${number(current)} of ${number(total)}` : number(current));
  if (typeof note === "string" && note) words.push(note);
  if (!words.length) return null;
  return { percent: share === null ? null : Math.min(100, Math.max(0, share)), text: words.join(" · ") };
}

const PLAIN_WORD = /^[\w@%+=:,.\/-]+$/;

/// A word as a shell would have to be given it.
export const quoted = (word) => (PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/// The command of a task that `telltale run` has made, as one line; `null` if it has none.
export function commandOf(task) {
  const command = task.meta?.command;
  return Array.isArray(command) ? command.map((word) => quoted(String(word))).join(" ") : null;
}

const GAPS = {
  trimmed: "no longer kept",
  epoch: "the channel began anew",
  future: "the channel lost messages that were acknowledged",
};

export function gapText({ asked, have_from: from, epoch, reason }) {
  const told = GAPS[reason] ?? reason;
  const resumes = epoch === "0" ? "what it held is gone" : `goes on at ${epoch}:${from}`;
  return `Gap${asked ? ` after ${asked}` : ""}: ${told}; ${resumes}`;
}

const TRANSPORTS = { websocket: "WebSocket", sse: "EventSource", poll: "long poll" };

/// The connection, as `onstate` tells of it.
export function connectionText({ state, transport, reason }) {
  const by = TRANSPORTS[transport] ? ` by ${TRANSPORTS[transport]}` : "";
  if (state === "live") return `Live${by}`;
  if (state === "ended") return reason && reason !== "closed" ? `Ended: ${reason}` : "Ended";
  return state === "offline" ? "Offline, will reconnect" : "Connecting";
}
