// The page for a person. What it follows stands in its address, so a link opens it and a reload follows it again.

import { origin, publish } from "./api.js";
import { markCurrent, refresh, watchChannels } from "./channels.js";
import { showCommands } from "./commands.js";
import { expectTop, follow } from "./stream.js";

const $ = (id) => document.getElementById(id);

const DEFAULTS = { channel: "", via: "ws", since: "earliest" };

function stateOfAddress() {
  const query = new URLSearchParams(location.search);
  const given = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, query.get(name) || DEFAULTS[name]]));
  return { ...given, via: given.via === "sse" ? "sse" : "ws" };
}

let state = stateOfAddress();

/// Names may stand as they are in an address; only what would end the query is escaped.
const readable = (value) => encodeURIComponent(value).replace(/%(3A|40|2C|2F|3B)/g, decodeURIComponent);

function address({ channel, via, since }) {
  const shown = Object.entries({ channel, via, since }).filter(([name, value]) => value !== DEFAULTS[name]);
  const query = shown.map(([name, value]) => `${name}=${readable(value)}`).join("&");
  return location.pathname + (query ? `?${query}` : "");
}

function go(change, { leaveTrace = false } = {}) {
  state = { ...state, ...change };
  history[leaveTrace ? "pushState" : "replaceState"](null, "", address(state));
  show();
}

function show() {
  const { channel, via, since } = state;
  document.title = channel ? `${channel} · Telltale` : "Telltale";
  $("welcome").hidden = Boolean(channel);
  $("stream").hidden = !channel;
  document.querySelector(`input[name=via][value=${via}]`).checked = true;
  showSince(since);
  showCommands(channel);
  markCurrent(channel);
  if (!channel) return;
  $("publish-channel").value = channel;
  $("publish-result").textContent = "";
  follow(channel, via, since);
}

/// A link may name any start; the menu then shows it as one more choice.
function showSince(since) {
  const menu = $("since");
  menu.querySelector("[data-own]")?.remove();
  if (![...menu.options].some((option) => option.value === since)) {
    const own = new Option(since, since);
    own.dataset.own = "";
    menu.add(own);
  }
  menu.value = since;
}

function tellPublished(text, failed = false) {
  $("publish-result").textContent = text;
  $("publish-result").classList.toggle("bad", failed);
}

async function submitPublication(event) {
  event.preventDefault();
  const [channel, name] = [$("publish-channel").value.trim(), $("publish-event").value.trim()];
  try {
    const options = { event: name, json: $("publish-json").checked };
    const { epoch, offset } = await publish(channel, $("publish-text").value, options);
    $("publish-text").value = "";
    if (!state.channel) go({ channel }, { leaveTrace: true });
    tellPublished(`Published at ${epoch}:${offset}`);
    refresh();
  } catch (problem) {
    tellPublished(problem.message, true);
  }
}

$("origin").textContent = origin.replace(/^https?:\/\//, "");
$("publish-form").addEventListener("submit", submitPublication);
$("since").addEventListener("change", ({ target }) => go({ since: target.value }));
for (const choice of document.querySelectorAll("input[name=via]")) {
  choice.addEventListener("change", () => go({ via: choice.value }));
}
$("open-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const channel = $("open-name").value.trim();
  $("open-name").value = "";
  if (channel) go({ channel, since: DEFAULTS.since }, { leaveTrace: true });
});
$("channel-list").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (narrow.matches) document.querySelector("details.channels").open = false;
  go({ channel: link.dataset.channel, since: DEFAULTS.since }, { leaveTrace: true });
});
addEventListener("popstate", () => {
  state = stateOfAddress();
  show();
});

// The panels at the sides stand open where there is room beside the log, and fold above and below it where not.
const narrow = matchMedia("(max-width: 719px)");
const medium = matchMedia("(max-width: 1179px)");
function fold() {
  document.querySelector("details.channels").open = !narrow.matches;
  document.querySelector("details.commands").open = !medium.matches;
}
for (const query of [narrow, medium]) query.addEventListener("change", fold);
fold();

go({});
watchChannels((channels) => {
  for (const { channel, top } of channels) expectTop(channel, top);
});
