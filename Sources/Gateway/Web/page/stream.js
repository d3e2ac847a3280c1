// The followed channel: its header, its log, and what becomes of the connection.

import { read } from "./api.js";
import { refresh } from "./channels.js";
import { followByEventSource } from "./eventsource.js";
import { LogView } from "./log.js";
import { element, makeRow } from "./rows.js";
import { commandText, outcomeOf, parsed, progressOf } from "./task.js";
import { followByWebSocket } from "./websocket.js";

const $ = (id) => document.getElementById(id);

/// Retained values shown, at most; and their characters, at most.
const SHOWN_RETAINED = 8;
const SHOWN_VALUE = 80;

const GAPS = {
  trimmed: "no longer kept",
  epoch: "the channel began anew",
  future: "the channel lost messages that were acknowledged",
};

let reader = null;
let followed = null;
let seen = nothing();
let retained = new Map();
let ticking;

const view = new LogView($("log"), makeRow, showPlace);
$("jump").addEventListener("click", () => {
  view.jumpToEnd();
  $("log").focus({ preventScroll: true });
});

function nothing() {
  return { count: 0, position: "", top: 0, progress: false, succeeded: false };
}

/// Follows from the start; whatever was followed before is left.
export function follow(channel, via, since) {
  reader?.stop();
  followed = channel;
  seen = nothing();
  retained = new Map();
  view.clear();
  $("title").textContent = channel;
  for (const id of ["outcome", "command-line", "progress", "retained"]) $(id).hidden = true;
  const start = via === "sse" ? followByEventSource : followByWebSocket;
  reader = start(channel, since, handlers());
}

/// Tells the reader that the channel's newest message has this offset.
export function expectTop(channel, top) {
  if (channel === followed) reader?.expectTop(top);
}

function handlers() {
  return {
    state: showState,
    open({ top }) {
      $("log").setAttribute("aria-busy", "true");
      seen.top = top;
      showState("live");
      loadRetained(followed);
    },
    message: showMessage,
    gap: (gap) => view.append({ marker: gapText(gap), kind: "gap" }),
    end(reason) {
      view.append({ marker: reason === "closed" ? "End of the channel" : "The channel was deleted", kind: "end" });
      showState(reason === "closed" ? "closed" : "deleted");
      refresh();
    },
    fail: (detail) => showState("failed", detail),
  };
}

function gapText({ asked, have_from: from, epoch, reason }) {
  const told = GAPS[reason] ?? reason;
  const resumes = epoch === "0" ? "what it held is gone" : `goes on at ${epoch}:${from}`;
  return `Gap after ${asked}: ${told}; ${resumes}`;
}

const STATES = {
  connecting: () => "Connecting…",
  reconnecting: () => "Reconnecting…",
  waiting: (until) => `Reconnecting in ${Math.max(1, Math.ceil((until - Date.now()) / 1000))} s`,
  live: () => "Live",
  closed: () => "Ended: closed",
  deleted: () => "Ended: deleted",
  failed: (detail) => detail,
};

function showState(name, detail) {
  clearInterval(ticking);
  const status = $("status");
  status.dataset.state = name;
  const show = () => (status.textContent = STATES[name](detail));
  show();
  if (name === "waiting") ticking = setInterval(show, 500);
  showPlace(view);
}

function showMessage(message) {
  seen.count++;
  seen.position = `${message.epoch}:${message.offset}`;
  if (message.offset >= seen.top) $("log").setAttribute("aria-busy", "false");
  const value = parsed(message.data);
  const progress = message.event === "progress" && progressOf(value);
  if (progress) showProgress(progress);
  else view.append({ message });
  if (message.event === "start") showCommand(value);
  if (message.event === "exit") showOutcome(outcomeOf(value));
  if (message.retain && !progress) showRetained(message.retain, message.data);
}

function showProgress({ percent, text }) {
  seen.progress = true;
  $("progress").hidden = seen.succeeded;
  $("progress-text").textContent = text;
  if (percent === null) $("progress-bar").removeAttribute("value");
  else $("progress-bar").value = percent;
}

function showCommand(start) {
  const command = commandText(start);
  if (!command) return;
  $("command-line").hidden = false;
  $("command-line").textContent = `$ ${command}`;
  $("title").textContent = start.title || followed;
  $("title").title = followed;
}

function showOutcome(outcome) {
  if (!outcome) return;
  const badge = $("outcome");
  badge.hidden = false;
  badge.className = `badge ${outcome.kind}`;
  badge.textContent = outcome.badge;
  document.title = `${outcome.kind === "good" ? "✓" : "✗"} ${$("title").textContent} · Telltale`;
  seen.succeeded = outcome.kind === "good";
  if (seen.succeeded) $("progress").hidden = true;
}

/// An EventSource does not say which messages are retained, and a start at the end does not bring them. What the stream
/// has brought meanwhile is newer.
async function loadRetained(channel) {
  const page = await read(channel, "latest", 1).catch(() => null);
  if (!page?.retained || channel !== followed) return;
  for (const [key, message] of Object.entries(page.retained)) {
    const progress = message.event === "progress" && progressOf(parsed(message.data));
    if (progress && !seen.progress) showProgress(progress);
    if (!progress && !retained.has(key)) showRetained(key, message.data);
  }
}

function showRetained(key, data) {
  retained.delete(key);
  retained.set(key, typeof data === "string" ? data : JSON.stringify(data));
  if (retained.size > SHOWN_RETAINED) retained.delete(retained.keys().next().value);
  $("retained").hidden = false;
  $("retained").replaceChildren(...[...retained].map(([name, value]) => {
    const pair = element("div");
    pair.append(element("dt", "", name), element("dd", "", shortened(value)));
    pair.title = value;
    return pair;
  }));
}

const shortened = (value) => (value.length > SHOWN_VALUE ? `${value.slice(0, SHOWN_VALUE)}…` : value);

function showPlace(log) {
  const count = seen.count.toLocaleString();
  const left = log.dropped ? `, the last ${log.rows.toLocaleString()} shown` : "";
  const messages = seen.count === 1 ? "message" : "messages";
  $("facts").textContent = seen.count ? `${count} ${messages}${left} · ${seen.position}` : "";
  $("jump").hidden = log.atEnd;
  $("quiet").hidden = log.rows > 0 || log.waiting.length > 0 || $("status").dataset.state !== "live";
}
