// JSON values as coloured text.

import { element } from "./dom.js";

/// JSON that is shorter stands on one line, in characters.
const ONE_LINE = 100;
/// JSON that is longer is shown as it is, without colours, up to the longest: laying it out would hold up the page.
const LONGEST_PRETTY = 65_536;
const LONGEST = 1_048_576;

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function appendJSON(parent, value) {
  const pretty = JSON.stringify(value, null, 2);
  const oneLine = pretty.length > LONGEST_PRETTY ? JSON.stringify(value).slice(0, LONGEST) : pretty.replace(/\n\s*/g, " ");
  if (pretty.length > LONGEST_PRETTY) return void parent.append(oneLine);
  const shown = oneLine.length <= ONE_LINE ? oneLine : pretty;
  let end = 0;
  for (const match of shown.matchAll(TOKEN)) {
    parent.append(shown.slice(end, match.index));
    const [token, string, colon] = match;
    const kind = colon ? "json-key" : string ? "json-string" : "json-value";
    parent.append(element("span", kind, string ?? token), colon ?? "");
    end = match.index + token.length;
  }
  parent.append(shown.slice(end));
}

/// Members shown as pairs, at most; and the characters of one value.
const SHOWN_MEMBERS = 12;
const SHOWN_VALUE = 80;

/// A flat object as a list of pairs; `null` if the value is anything else, or too large for that.
export function pairsOf(value) {
  if (!value || typeof value !== "object" || Array.isArray(value)) return null;
  const members = Object.entries(value);
  const isFlat = members.every(([, member]) => member === null || typeof member !== "object");
  const isShort = members.every(([key, member]) => key.length <= SHOWN_VALUE && String(member).length <= SHOWN_VALUE);
  return members.length && members.length <= SHOWN_MEMBERS && isFlat && isShort ? members : null;
}
