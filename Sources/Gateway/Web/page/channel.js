// One channel: its log, its retained values, and its rate.

import { follow } from "../telltale.js";
import { origin, retainedOf, transports } from "./api.js";
import { onChannels } from "./channels.js";
import { element, setText } from "./dom.js";
import { makeRow } from "./log-row.js";
import { logStyle } from "./log-style.js";
import { LogView } from "./log-view.js";
import { rateText } from "./sampling.js";
import { drawSpark, makeSpark } from "./spark.js";
import { theme } from "./theme.js";
import { askForToken, token } from "./token.js";
import { connectionText, gapText, progressOf } from "./words.js";

/// Retained values shown, at most; and their characters, at most.
const SHOWN_RETAINED = 8;
const SHOWN_VALUE = 80;

const $ = (id) => document.getElementById(id);
const chart = makeSpark();
let followed = null;

const log = new LogView(makeRow, "Messages", () => followed && showFacts());
const root = $("channel-log").attachShadow({ mode: "open" });
root.adoptedStyleSheets = [theme, logStyle];
root.append(log.frame);
$("channel-chart").append(chart);

/// Follows the channel from the start; whatever was followed before is left.
export function showChannel(channel, since) {
  leaveChannel();
  const mine = { channel, count: 0, position: "", retained: new Map(), progress: null };
  followed = mine;
  log.clear();
  setText($("channel-title"), channel);
  showRetained();
  showProgress(null);
  setText($("channel-rate"), "");
  drawSpark(chart, []);
  const whileShown = (act) => (...given) => followed === mine && act(...given);
  mine.stopRates = onChannels(whileShown(showRate));
  mine.following = follow({ channel }, {
    gateway: origin, since: since || "earliest", transports, token,
    onmessage: whileShown(showMessage),
    onstate: whileShown(showState),
    ongap: whileShown((gap) => log.append({ marker: gapText(gap), kind: "gap" })),
    onend: whileShown((reason) =>
      log.append({ marker: reason === "closed" ? "End of the channel" : `The channel is gone: ${reason}`, kind: "end" })),
    onerror: whileShown((problem) => {
      mine.problem = problem;
      if (/^token/.test(problem.code)) askForToken(problem.detail);
    }),
  });
  loadRetained(mine).catch(() => {});
}

export function leaveChannel() {
  followed?.following?.close();
  followed?.stopRates();
  followed = null;
}

function showMessage(message) {
  followed.count++;
  followed.position = `${message.epoch}:${message.offset}`;
  const progress = message.event === "progress" && progressOf(message.data);
  if (progress) showProgress(progress);
  else log.append({ message });
  if (message.retain && !progress) retain(message.retain, message.data);
}

/// A start at the end does not bring what is retained. What the stream has brought meanwhile is newer.
async function loadRetained(mine) {
  const retained = await retainedOf(mine.channel);
  for (const [key, message] of Object.entries(followed === mine ? retained ?? {} : {})) {
    const progress = message.event === "progress" && progressOf(message.data);
    if (progress && !mine.progress) showProgress(progress);
    if (!progress && !mine.retained.has(key)) retain(key, message.data);
  }
}

function retain(key, data) {
  const { retained } = followed;
  retained.delete(key);
  retained.set(key, typeof data === "string" ? data : JSON.stringify(data));
  if (retained.size > SHOWN_RETAINED) retained.delete(retained.keys().next().value);
  showRetained();
}

function showRetained() {
  const { retained } = followed;
  $("retained").hidden = !retained.size;
  $("retained").replaceChildren(...[...retained].map(([key, value]) => {
    const shown = value.length > SHOWN_VALUE ? `${value.slice(0, SHOWN_VALUE)}…` : value;
    const pair = element("div", "", element("dt", "", key), element("dd", "", shown));
    pair.title = value.slice(0, 1000);
    return pair;
  }));
}

function showProgress(progress) {
  followed.progress = progress;
  $("channel-progress").hidden = !progress;
  if (!progress) return;
  $("channel-fill").style.width = `${progress.percent ?? 0}%`;
  $("channel-bar").classList.toggle("busy", progress.percent === null);
  if (progress.percent === null) $("channel-bar").removeAttribute("aria-valuenow");
  else $("channel-bar").setAttribute("aria-valuenow", Math.floor(progress.percent));
  setText($("channel-words"), progress.text);
}

/// A refusal is told before the state, which then is `ended`.
function showState(state) {
  const { problem } = followed;
  $("channel-state").className = `connection ${problem ? "refused" : state.state}`;
  setText($("channel-state"), problem ? problem.detail || `Refused: ${problem.code}` : connectionText(state));
  $("quiet").hidden = state.state !== "live" || followed.count > 0;
}

function showRate({ channel, readers, closed }, rate) {
  if (channel !== followed.channel) return;
  drawSpark(chart, rate.values, 2);
  const reading = readers === 1 ? "1 reader" : `${readers} readers`;
  setText($("channel-rate"), closed ? "closed" : `${rateText(rate.last)}/s · ${reading}`);
}

function showFacts() {
  const { count, position } = followed;
  const shown = log.dropped ? `, the last ${log.rows.toLocaleString("en-GB")} shown` : "";
  const messages = count === 1 ? "message" : "messages";
  setText($("facts"), count ? `${count.toLocaleString("en-GB")} ${messages}${shown} · ${position}` : "");
  if (count) $("quiet").hidden = true;
}
