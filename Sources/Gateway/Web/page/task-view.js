// A task's snapshot as elements: what it is, how far, how it ended. Knows nothing of connections.

import { appendAnsi } from "./ansi.js";
import { element, part, setText } from "./dom.js";
import { appendJSON, pairsOf } from "./json.js";
import { commandOf, elapsed, isFinal, progressOf, stateOf, stateWord, titleOf } from "./words.js";

export class TaskView {
  constructor(log) {
    this.state = part("span", "state", { role: "status", "aria-live": "polite" });
    this.title = part("h2", "title");
    this.elapsed = part("span", "elapsed", { role: "timer", "aria-label": "Elapsed" });
    this.cancel = part("button", "cancel", { type: "button", hidden: "" }, "Cancel");
    this.facts = part("p", "facts");
    this.fill = part("div", "fill");
    const range = { "aria-valuemin": "0", "aria-valuemax": "100" };
    this.bar = part("div", "bar", { role: "progressbar", "aria-label": "Progress", ...range }, this.fill);
    this.words = part("span", "progress-text");
    this.progress = part("div", "progress", {}, this.bar, this.words);
    this.details = part("details", "details", {}, element("summary", "", "Details"), part("dl", "pairs"));
    this.problem = part("p", "problem", { role: "alert", hidden: "" });
    this.outcome = part("div", "outcome", { hidden: "" });
    this.connection = part("span", "connection", { role: "status" });
    this.count = part("a", "count", { target: "_blank", rel: "noopener" });
    this.element = part("section", "task", {},
      part("div", "header", {}, this.state, this.title, this.elapsed, this.cancel), this.facts, this.progress,
      this.problem, this.outcome, this.details, log, part("div", "footer", {}, this.connection, this.count));
  }

  show(task) {
    const state = stateOf(task);
    setText(this.state, stateWord(task));
    this.state.className = `state state-${state}`;
    this.state.part = `state state-${state}`;
    setText(this.title, titleOf(task));
    this.element.setAttribute("aria-label", `Task ${titleOf(task)}`);
    this.showFacts(task);
    this.showProgress(task, state);
    this.showOutcome(task, state);
    this.showDetails(task);
    this.tick(task);
  }

  tick(task, ahead = 0) {
    setText(this.elapsed, task ? elapsed(task, Date.now() + ahead) : "");
  }

  showFacts(task) {
    const command = commandOf(task);
    const told = [task.id !== titleOf(task) && task.id, task.worker && `on ${task.worker}`,
      task.attempt > 1 && `attempt ${task.attempt}`, command && `$ ${command}`].filter(Boolean);
    if (this.told === told.join("\n")) return;
    this.told = told.join("\n");
    this.facts.replaceChildren(...told.map((text) => element("span", text.startsWith("$ ") ? "command" : "", text)));
  }

  showProgress(task, state) {
    const found = progressOf(task.progress);
    const percent = state === "finished" ? 100 : found?.percent ?? null;
    const isBusy = state === "started" && percent === null;
    this.progress.hidden = !found && !isBusy;
    this.bar.classList.toggle("busy", isBusy);
    this.fill.className = `fill fill-${state}`;
    this.fill.style.width = `${percent ?? 0}%`;
    if (percent === null) this.bar.removeAttribute("aria-valuenow");
    else this.bar.setAttribute("aria-valuenow", Math.floor(percent));
    if (found) this.bar.setAttribute("aria-valuetext", found.text);
    setText(this.words, found?.text ?? "");
  }

  showDetails(task) {
    const known = Object.keys(DETAILS).filter((name) => task[name] !== undefined && task[name] !== null);
    this.details.hidden = known.length < 3;
    if (this.details.open) this.details.lastElementChild.replaceChildren(...known.map((name) => detailOf(task, name)));
  }

  showOutcome(task, state) {
    const told = JSON.stringify([state, task.error, task.result, state === "lost" && [task.worker, task.lease]]);
    if (told === this.outcomeTold) return;
    this.outcomeTold = told;
    const content = [...explained(task, state)];
    if (state !== "queued" && task.error !== undefined) content.push(valueOf(task.error));
    if (isFinal(task) && task.result !== undefined) content.push(valueOf(task.result));
    this.outcome.hidden = !content.length;
    this.outcome.className = `outcome outcome-${state}`;
    this.outcome.replaceChildren(...content);
    // What went wrong stands in the last lines, and the result below them.
    if (state === "failed") this.outcome.scrollTop = this.outcome.scrollHeight;
  }
}

/// Members that the details show, in this order, and what they are called there.
const DETAILS = {
  id: "Task", channel: "Channel", attempt: "Attempt", worker: "Worker", lease: "Lease", created: "Created", started: "Started",
  ended: "Ended", updated: "Updated", position: "Position", meta: "Meta",
};
const TIMES = new Set(["created", "started", "ended", "updated"]);
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

function detailOf(task, name) {
  const value = task[name];
  const shown = element("dd");
  if (name === "meta") appendJSON(shown, value);
  else if (TIMES.has(name) && !Number.isNaN(Date.parse(value))) shown.append(moment.format(new Date(value)));
  else shown.append(name === "lease" ? `${value} s` : String(value));
  return element("div", "", element("dt", "", DETAILS[name]), shown);
}

function* explained({ worker, lease }, state) {
  if (state === "unknown") yield element("p", "", "There is no such task yet. It will appear here as soon as it begins.");
  if (state !== "lost") return;
  const whom = worker ? `Worker ${worker}` : "Its worker";
  const promised = lease ? ` within its lease of ${lease} s` : "";
  yield element("p", "", `${whom} has not been heard from${promised}. The task goes on by itself if the worker was only slow.`);
}

/// A result or an error: text as a terminal shows it, a flat object as pairs, other JSON as it is written.
function valueOf(value) {
  const pairs = pairsOf(value);
  const row = ([key, member]) => element("div", "", element("dt", "", key), element("dd", "", `${member}`));
  if (pairs) return element("dl", "", ...pairs.map(row));
  const block = element("pre");
  if (typeof value === "string") appendAnsi(block, value.replace(/\r\n?/g, "\n"));
  else appendJSON(block, value);
  return block;
}
