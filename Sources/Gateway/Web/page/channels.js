// The channels there are: how fast each goes, and who reads.

import { listChannels } from "./api.js";
import { element, place, setText } from "./dom.js";
import { channelHref } from "./routes.js";
import { Rate, every, rateText } from "./sampling.js";
import { drawSpark, makeSpark } from "./spark.js";

/// Between two questions for the list, in milliseconds.
const INTERVAL = 2000;
/// Channels that are listed, at most.
const LISTED = 200;

const $ = (id) => document.getElementById(id);
const rows = new Map();
/// What the names of the tasks' channels begin with, once a task has been seen.
let ofTasks = null;
const listeners = new Set();

/// `listener` gets the entry and the rate of every channel of the list, each time. Returns what ends that.
export function onChannels(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/// The list leaves the channels of tasks to the list of tasks, unless they are looked for.
export function leaveOutTasks({ id, channel }) {
  if (channel?.endsWith(`:${id}`)) ofTasks = channel.slice(0, -id.length);
}

const isListed = ({ channel }) => !ofTasks || !channel.startsWith(ofTasks) || $("channel-name").value.trim() !== "";

/// Keeps the list; what is typed into its field chooses by the beginning of a name. Returns what refreshes it.
export function watchChannels() {
  const refresh = every(INTERVAL, async () => {
    try {
      show((await listChannels($("channel-name").value.trim(), LISTED)).channels);
    } catch (problem) {
      setText($("channels-note"), problem.message);
      throw problem;
    }
  });
  $("channel-name").addEventListener("input", () => refresh());
  return refresh;
}

class ChannelRow {
  rate = new Rate();

  constructor(channel) {
    this.speed = element("span", "speed");
    this.readers = element("span", "readers");
    this.chart = makeSpark();
    this.link = element("a", "channel-row", element("span", "name", channel), this.chart, this.speed, this.readers);
    this.link.href = channelHref(channel);
    this.element = element("li", "", this.link);
    this.element.dataset.channel = channel;
  }

  show({ epoch, top, closed, readers }) {
    if (epoch !== this.epoch) this.rate.total = undefined;
    this.epoch = epoch;
    this.rate.count(top);
    this.isClosed = closed;
    this.link.classList.toggle("closed", closed);
    setText(this.speed, closed ? "closed" : `${rateText(this.rate.last)}/s`);
    setText(this.readers, readers ? `${readers} reading` : "");
    this.link.title = `${top.toLocaleString("en-GB")} messages`;
    drawSpark(this.chart, this.rate.values, 2);
  }
}

function show(channels) {
  const names = new Set(channels.map(({ channel }) => channel));
  for (const name of rows.keys()) if (!names.has(name)) rows.delete(name);
  for (const entry of channels) {
    const row = rows.get(entry.channel) ?? new ChannelRow(entry.channel);
    rows.set(entry.channel, row);
    row.show(entry);
    for (const listener of listeners) listener(entry, row.rate);
  }
  const listed = channels.filter(isListed);
  const shown = listed.map(({ channel }) => rows.get(channel));
  shown.sort((left, right) => Number(left.isClosed) - Number(right.isClosed));
  place($("channel-list"), shown.map(({ element }) => element));
  setText($("channels-count"), listed.length ? `${listed.length}${channels.length < LISTED ? "" : "+"}` : "");
  setText($("channels-note"), note(channels.length, listed.length));
}

function note(count, listed) {
  if (count >= LISTED) return `The first ${LISTED} are listed: type the beginning of a name.`;
  if (listed) return "";
  return $("channel-name").value ? "None begins so. Press Enter to follow it anyway." : "A channel comes to be with its first message.";
}
