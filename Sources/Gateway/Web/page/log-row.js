// What a log shows of a message: a line, an event with its value, or a mark in the task's life.

import { appendAnsi } from "./ansi.js";
import { element } from "./dom.js";
import { appendJSON } from "./json.js";
import { STATE_WORDS } from "./words.js";

/// Characters of a line that are shown; what is longer would hold up the page.
const SHOWN_CHARACTERS = 16_384;

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/// `entry` is `{message}` or `{marker, kind, time?}`.
export function makeRow(entry) {
  return entry.message ? messageRow(entry.message) : markerRow(entry);
}

/// A task's `state` message as a marker; `null` if it says nothing that a reader of the log would miss.
export function stateMarker({ data, time }, former) {
  if (!data || typeof data !== "object" || !Object.hasOwn(STATE_WORDS, data.state)) return null;
  const isSame = former?.state === data.state && former.attempt === data.attempt;
  if (isSame && data.cancel_requested && !former.cancel_requested) return { marker: "Cancel requested", kind: "life", time };
  if (isSame) return null;
  const words = [data.state === "started" ? "Started" : STATE_WORDS[data.state]];
  if (data.state === "started" && data.worker) words.push(`on ${data.worker}`);
  if (data.attempt > 1) words.push(`(attempt ${data.attempt})`);
  return { marker: words.join(" "), kind: `life ${data.state}`, time };
}

function markerRow({ marker, kind, time }) {
  const row = element("div", `marker ${kind}`, element("span", "told", marker));
  if (time) row.append(timeCell({ time }));
  return row;
}

function messageRow(message) {
  const row = element("div", "row", offsetCell(message), timeCell(message));
  row.dataset.offset = message.offset;
  const text = element("div", "text");
  fill(text, message);
  row.append(text);
  return row;
}

function offsetCell({ epoch, offset }) {
  const cell = element("span", "offset", offset);
  cell.title = `${epoch}:${offset}`;
  return cell;
}

/// The last second that was put into words: lines come many to a second.
let told = { second: "", text: "" };

function timeCell({ time }) {
  const cell = element("time", "time");
  const second = String(time ?? "").slice(0, 19);
  if (told.second !== second) {
    const date = new Date(time ?? NaN);
    told = { second, text: Number.isNaN(date.valueOf()) ? "" : clock.format(date) };
  }
  if (told.text) cell.dateTime = cell.title = time;
  cell.textContent = told.text;
  return cell;
}

function fill(text, { event, data }) {
  if (event !== "message" && event !== "log") text.append(element("span", "event", event), " ");
  if (typeof data !== "string") return appendJSON(text, data);
  const lines = data.replace(/\r\n?/g, "\n");
  appendAnsi(text, lines.slice(0, SHOWN_CHARACTERS));
  const more = lines.length - SHOWN_CHARACTERS;
  if (more > 0) text.append(element("span", "faint", `… ${more.toLocaleString("en-GB")} more characters`));
}
