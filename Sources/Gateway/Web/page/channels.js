// The list of channels: refreshed while the page is looked at, and no more often than this.

import { LISTED_CHANNELS, listChannels } from "./api.js";
import { element } from "./rows.js";

/// Between refreshes, in milliseconds; and after one that failed.
const REFRESH = 4000;
const REFRESH_AFTER_FAILURE = 15_000;

const $ = (id) => document.getElementById(id);
let known = [];
let tops = new Map();
let current = null;
let timer;
let refreshed = () => {};

/// `listener` gets the channels of every refresh.
export function watchChannels(listener) {
  refreshed = listener;
  document.addEventListener("visibilitychange", () => !document.hidden && refresh());
  $("open-name").addEventListener("input", show);
  refresh();
}

export function markCurrent(channel) {
  current = channel;
  show();
}

export async function refresh() {
  clearTimeout(timer);
  if (document.hidden) return;
  let wait = REFRESH;
  try {
    const { channels } = await listChannels();
    known = channels.map((item) => ({ ...item, moving: (tops.get(item.channel) ?? item.top) < item.top }));
    tops = new Map(channels.map(({ channel, top }) => [channel, top]));
    $("channel-note").textContent = channels.length < LISTED_CHANNELS ? "" : `The first ${LISTED_CHANNELS} are listed.`;
    refreshed(known);
  } catch (problem) {
    wait = REFRESH_AFTER_FAILURE;
    $("channel-note").textContent = problem.message;
  }
  show();
  clearTimeout(timer);
  timer = setTimeout(refresh, wait);
}

function show() {
  const wanted = $("open-name").value.trim();
  const shown = known.filter(({ channel }) => channel.includes(wanted));
  shown.sort((left, right) => Number(left.closed) - Number(right.closed));
  $("channel-count").textContent = known.length || "";
  if (known.length) $("welcome-title").textContent = "Choose a channel, or start one";
  const focused = document.activeElement?.dataset?.channel;
  $("channel-list").replaceChildren(...shown.map(item));
  const again = focused && $("channel-list").querySelector(`[data-channel="${CSS.escape(focused)}"]`);
  if (again) again.focus({ preventScroll: true });
}

function item({ channel, top, closed, moving, readers }) {
  const link = element("a", closed ? "closed" : moving ? "moving" : "");
  link.href = `?${new URLSearchParams({ channel })}`;
  link.dataset.channel = channel;
  if (channel === current) link.setAttribute("aria-current", "true");
  const told = [`${top} messages`, closed ? "closed" : "", readers ? `${readers} following` : ""].filter(Boolean);
  link.title = `${channel}: ${told.join(", ")}`;
  const state = element("span", "top", closed ? "closed" : top);
  link.append(element("span", "dot"), element("span", "name", channel), state);
  const row = element("li");
  row.append(link);
  return row;
}
