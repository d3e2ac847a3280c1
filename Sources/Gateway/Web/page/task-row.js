// A task as one line of a list, live if it is followed.

import { follow } from "../telltale.js";
import { origin, transports } from "./api.js";
import { element, setText } from "./dom.js";
import { taskHref } from "./routes.js";
import { token } from "./token.js";
import { elapsed, isFinal, progressOf, stateOf, stateWord, titleOf } from "./words.js";

const when = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

export class TaskRow {
  constructor(id) {
    this.state = element("span", "state");
    this.title = element("span", "name");
    this.about = element("span", "about");
    this.fill = element("span", "fill");
    this.bar = element("span", "bar", this.fill);
    this.bar.setAttribute("role", "progressbar");
    this.bar.setAttribute("aria-label", "Progress");
    this.words = element("span", "words");
    this.time = element("span", "clock");
    const link = element("a", "task-row", this.state, element("span", "what", this.title, this.about),
      element("span", "far", this.bar, this.words), this.time);
    link.href = taskHref(id);
    this.link = link;
    this.element = element("li", "", link);
    this.element.dataset.task = id;
    this.id = id;
  }

  /// The client brings every change of it, and `ended` is told of the last.
  live(ended) {
    this.following ??= follow({ task: this.id }, {
      gateway: origin, since: "latest", transports, token,
      ontask: (task) => {
        this.show(task);
        if (isFinal(task)) ended();
      },
    });
  }

  close() {
    this.following?.close();
    this.following = undefined;
  }

  /// A list may be older than what the client has brought.
  offer(task) {
    if (!this.task || !this.following) this.show(task);
  }

  show(task) {
    this.task = task;
    const state = stateOf(task);
    this.link.className = `task-row ${state}`;
    setText(this.state, stateWord(task));
    setText(this.title, titleOf(task));
    const about = [task.title && task.id, task.worker, task.attempt > 1 && `attempt ${task.attempt}`];
    setText(this.about, about.filter(Boolean).join(" · "));
    this.showProgress(task, state);
    this.tick();
  }

  showProgress(task, state) {
    const found = progressOf(task.progress);
    const percent = found?.percent ?? null;
    const isEnded = isFinal(task) || state === "lost";
    this.bar.hidden = isEnded || state === "queued";
    this.bar.classList.toggle("busy", percent === null);
    this.fill.style.width = `${percent ?? 0}%`;
    if (percent === null) this.bar.removeAttribute("aria-valuenow");
    else this.bar.setAttribute("aria-valuenow", Math.floor(percent));
    setText(this.words, isEnded ? outcome(task) : found?.text ?? (state === "queued" ? "Waiting for a worker" : ""));
  }

  tick() {
    if (!this.task) return;
    const ended = this.task.ended ? `, ${when.format(new Date(this.task.ended))}` : "";
    setText(this.time, elapsed(this.task) + (elapsed(this.task) ? ended : ""));
  }
}

/// The last line of an error, or how far it was when it ended.
function outcome({ state, error, progress }) {
  if (state === "finished") return "";
  const told = typeof error === "string" ? error : error?.message ?? (error === undefined ? "" : JSON.stringify(error));
  const last = String(told).trimEnd().split("\n").at(-1).replace(/\x1b\[[0-9;:]*m/g, "");
  return last || progressOf(progress)?.text || "";
}
