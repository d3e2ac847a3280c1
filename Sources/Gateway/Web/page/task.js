// What the events of `telltale run` and of tasks say: how work began, how far it is, how it ended.

/// `data` as a JSON object or array, or `undefined` if it is text. An EventSource brings JSON as text.
export function parsed(data) {
  if (typeof data !== "string") return data ?? null;
  if (!/^\s*[{[]/.test(data)) return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

const PLAIN_WORD = /^[\w@%+=:,.\/-]+$/;

/// A word as a shell would have to be given it.
export const quoted = (word) => (PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/// The command of a `start` event as one line; `null` if it is not one.
export function commandText(start) {
  return Array.isArray(start?.command) ? start.command.map((word) => quoted(String(word))).join(" ") : null;
}

/// How an `exit` event says that it went; `null` if it is not one.
export function outcomeOf(exit) {
  if (!exit || (exit.status ?? exit.signal ?? null) === null) return null;
  const took = typeof exit.duration_ms === "number" ? ` in ${duration(exit.duration_ms)}` : "";
  const killed = exit.signal ?? null;
  const good = killed === null && exit.status === 0;
  const how = killed !== null ? `killed by signal ${killed}` : good ? "succeeded" : `failed with status ${exit.status}`;
  return { kind: good ? "good" : "bad", badge: `${how}${took}`, sentence: `The command ${wasOrNot(how)}${took}.` };
}

const wasOrNot = (how) => (how.startsWith("killed") ? `was ${how}` : how);

export function duration(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/// A `progress` event as percent (or `null`: under way, no telling how far) and words; `null` if it is not one.
export function progressOf(value) {
  if (!value || typeof value !== "object") return null;
  const { current, total, percent, note } = value;
  const counted = typeof current === "number" && total > 0;
  const share = typeof percent === "number" ? percent : counted ? (current / total) * 100 : null;
  if (share === null && typeof note !== "string" && typeof current !== "number") return null;
  const words = [];
  if (share !== null) words.push(`${Math.floor(share)} %`);
  if (typeof current === "number") words.push(counted ? `${current} of ${total}` : `${current}`);
  if (note) words.push(String(note));
  return { percent: share === null ? null : Math.min(100, Math.max(0, share)), text: words.join(" · ") };
}
