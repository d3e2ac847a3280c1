// The page for a person: what runs, one task in full, one channel, and a place to try it. It uses the public paths only.

import "../telltale-task.js";
import { transports, origin } from "./api.js";
import { leaveChannel, showChannel } from "./channel.js";
import { watchChannels } from "./channels.js";
import { showCommands } from "./commands.js";
import { setText } from "./dom.js";
import { watchHealth } from "./health.js";
import { preparePublishing } from "./publishing.js";
import { channelHref, routeOf, takeQuery, taskHref } from "./routes.js";
import { startSample } from "./sample.js";
import { watchTasks } from "./task-lists.js";
import { token } from "./token.js";
import { stateOf, titleOf } from "./words.js";

const $ = (id) => document.getElementById(id);
const MARKS = { finished: "✓", failed: "✕", cancelled: "⊘", lost: "?" };
let route;

function show() {
  const former = route;
  route = routeOf(location.hash);
  for (const view of document.querySelectorAll("[data-view]")) view.hidden = view.dataset.view !== route.view;
  document.body.dataset.shown = route.view;
  for (const link of document.querySelectorAll(".views a")) {
    link.toggleAttribute("aria-current", link.hash === (route.view === "try" ? "#/try" : "#/"));
  }
  document.title = route.name ? `${route.name} · Telltale` : "Telltale";
  showTask(route.view === "task" ? route.name : null);
  if (route.view === "channel") openChannel(route);
  else leaveChannel();
  refreshTasks?.();
  if (former) window.scrollTo(0, 0);
}

function showTask(id) {
  const shown = $("task-place").firstElementChild;
  if (shown?.getAttribute("task") === id) return;
  shown?.remove();
  if (id === null) return;
  const task = document.createElement("telltale-task");
  task.setAttribute("task", id);
  task.setAttribute("gateway", origin);
  task.token = token;
  if (transports) task.setAttribute("transports", transports.join());
  task.addEventListener("telltale-task", ({ detail }) => {
    const mark = MARKS[stateOf(detail)];
    document.title = `${mark ? `${mark} ` : ""}${titleOf(detail)} · Telltale`;
  });
  $("task-place").append(task);
}

function openChannel({ name, since }) {
  showSince(since || "earliest");
  showCommands(name);
  showChannel(name, since);
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

async function startOne() {
  const failed = ({ message }) => setText($("sample-result"), message);
  failed({ message: "" });
  await startSample(failed).then((id) => (location.hash = taskHref(id)), failed);
}

takeQuery();
setText($("origin"), origin.replace(/^https?:\/\//, ""));
showCommands();
preparePublishing($("publish-form"), () => route.name);
preparePublishing($("try-form"));
$("sample").addEventListener("click", startOne);
$("since").addEventListener("change", ({ target }) => {
  location.hash = channelHref(route.name, target.value === "earliest" ? "" : target.value);
});
$("channel-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const channel = $("channel-name").value.trim();
  if (channel) location.hash = channelHref(channel);
});
addEventListener("hashchange", show);

let refreshTasks;
show();
watchHealth($("health"), $("light"));
watchChannels();
refreshTasks = watchTasks(() => route.view === "overview");
