// A message as a row of the log.

import { appendAnsi } from "./ansi.js";
import { commandText, outcomeOf, parsed } from "./task.js";

/// JSON that is shorter stands on one line, in characters.
const ONE_LINE_JSON = 100;
/// JSON that is longer is shown as it came, in characters: laying it out would hold up the page.
const LONGEST_PRETTY_JSON = 65_536;

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/// `entry` is `{message}` or `{marker, kind}`.
export function makeRow(entry) {
  return entry.message ? messageRow(entry.message) : markerRow(entry);
}

function markerRow({ marker, kind }) {
  const row = element("div", `marker ${kind}`);
  row.append(element("span", "", marker));
  return row;
}

function messageRow(message) {
  const row = element("div", "row");
  row.dataset.offset = message.offset;
  row.append(offsetCell(message), timeCell(message));
  const text = element("div", "text");
  fill(text, message, row);
  row.append(text);
  return row;
}

function offsetCell({ epoch, offset }) {
  const cell = element("span", "offset", offset);
  cell.title = `${epoch}:${offset}`;
  return cell;
}

function timeCell({ time }) {
  const date = new Date(time ?? NaN);
  const known = !Number.isNaN(date.valueOf());
  const cell = element("time", "time", known ? clock.format(date) : "");
  if (known) cell.dateTime = cell.title = date.toISOString();
  return cell;
}

function fill(text, { event, data }, row) {
  const value = parsed(data);
  const command = event === "start" && commandText(value);
  const outcome = event === "exit" && outcomeOf(value);
  if (command) {
    row.classList.add("start");
    text.append(element("span", "prompt", "$ "), command);
  } else if (outcome) {
    row.classList.add("exit", outcome.kind);
    text.append(element("span", "mark", outcome.kind === "good" ? "✓" : "✗"), outcome.sentence);
  } else {
    if (event !== "message" && event !== "log") text.append(element("span", "event", event), " ");
    if (value === undefined) appendAnsi(text, String(data).replace(/\r\n?/g, "\n"));
    else appendJSON(text, value, data);
  }
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function appendJSON(text, value, data) {
  const pretty = JSON.stringify(value, null, 2);
  const oneLine = pretty.replace(/\n\s*/g, " ");
  if (pretty.length > LONGEST_PRETTY_JSON) return void text.append(typeof data === "string" ? data : oneLine);
  const shown = oneLine.length <= ONE_LINE_JSON ? oneLine : pretty;
  let end = 0;
  for (const match of shown.matchAll(TOKEN)) {
    text.append(shown.slice(end, match.index));
    const [token, string, colon] = match;
    const kind = colon ? "json-key" : string ? "json-string" : "json-value";
    text.append(element("span", kind, string ?? token), colon ?? "");
    end = match.index + token.length;
  }
  text.append(shown.slice(end));
}
