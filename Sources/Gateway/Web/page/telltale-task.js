// <telltale-task task="42">: a task as it goes: its state, progress, time, log and end, and a button to cancel it.
//
// Attributes: `task` (its id); `gateway` (its root; without it, where this module came from); `cancel="no"`, `log="no"` hide
// them; `transports="sse,poll"` (those to use, in this order); `token` (sent with every request). Properties: `snapshot`;
// `token`, which may be a function that gets one, asked again when the old one has expired. Event `telltale-task` with the
// snapshot as its `detail`, at every change. Looks: custom properties (page/theme.js) and parts
// (page/task-style.js).

import { follow } from "./telltale.js";
import { makeRow, stateMarker } from "./page/log-row.js";
import { logStyle } from "./page/log-style.js";
import { LogView } from "./page/log-view.js";
import { taskStyle } from "./page/task-style.js";
import { TaskView } from "./page/task-view.js";
import { theme } from "./page/theme.js";
import { connectionText, gapText, isFinal } from "./page/words.js";

const HOME = new URL("./", import.meta.url);
/// Between two moves of the clock, in milliseconds.
const TICK = 1000;

export class TelltaleTask extends HTMLElement {
  static observedAttributes = ["task", "gateway", "cancel", "transports", "token"];

  #log = new LogView(makeRow, "Log", (log) => this.#showCount(log));
  #view = new TaskView(this.#log.frame);
  #following = null;
  #restarting = false;
  #state = null;
  #lines = 0;
  #ticking;
  /// How far the broker's clock is ahead of this one at least, in milliseconds.
  #ahead = 0;
  #token;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [theme, logStyle, taskStyle];
    root.append(this.#view.element);
    this.#view.cancel.addEventListener("click", () => this.cancel());
    this.#view.details.addEventListener("toggle", () => this.snapshot && this.#view.showDetails(this.snapshot));
  }

  /// The newest snapshot; `null` before the first.
  snapshot = null;

  /// What was set, or else the attribute.
  get token() {
    return this.#token ?? this.getAttribute("token") ?? undefined;
  }

  set token(value) {
    this.#token = value;
    if (this.isConnected) this.#restart();
  }

  connectedCallback() {
    // Set before the element was known, it hides the one that works.
    if (Object.hasOwn(this, "token")) {
      this.#token = this.token;
      delete this.token;
    }
    this.#restart();
    this.#ticking = setInterval(() => this.#view.tick(this.snapshot, this.#ahead), TICK);
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
    this.#stop();
  }

  attributeChangedCallback(name, former, value) {
    if (name === "cancel") this.#showCancel();
    else if (former !== value && this.isConnected) this.#restart();
  }

  /// Asks for the task's cancellation; what the gateway refuses is shown.
  async cancel() {
    const { cancel } = this.#view;
    cancel.disabled = true;
    const problem = await this.#ask("cancel").catch(() => "The gateway can’t be reached.");
    if (!problem) return;
    this.#showProblem(problem);
    cancel.disabled = false;
  }

  get #gateway() {
    return new URL((this.getAttribute("gateway") || HOME.href).replace(/\/?$/, "/"), location.href);
  }

  #url(verb) {
    return new URL(`v1/tasks/${encodeURIComponent(this.getAttribute("task"))}/${verb}`, this.#gateway);
  }

  async #ask(verb) {
    const token = await (typeof this.token === "function" ? this.token() : this.token);
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const response = await fetch(this.#url(verb), { method: "POST", headers });
    if (response.ok) return null;
    const { detail, title } = await response.json().catch(() => ({}));
    return detail || title || `The gateway answered ${response.status}.`;
  }

  /// Once for all attributes that change together.
  #restart() {
    if (this.#restarting) return;
    this.#restarting = true;
    queueMicrotask(() => {
      this.#restarting = false;
      this.#stop();
      if (this.isConnected && this.getAttribute("task")) this.#start(this.getAttribute("task"));
    });
  }

  #stop() {
    this.#following?.close();
    this.#following = null;
  }

  #start(id) {
    this.#log.clear();
    this.#state = null;
    this.#lines = 0;
    this.#showProblem("");
    this.#show({ id, state: "unknown" }, { isGuess: true });
    this.#showConnection({ state: "connecting" });
    const transports = this.getAttribute("transports")?.split(",").map((name) => name.trim());
    this.#following = follow({ task: id }, {
      gateway: this.#gateway.href.replace(/\/$/, ""),
      since: "earliest",
      ...(transports && { transports }),
      token: this.token,
      ontask: (task) => this.#show(task),
      onmessage: (message) => this.#append(message),
      onstate: (state) => this.#showConnection(state),
      ongap: (gap) => this.#log.append({ marker: gapText(gap), kind: "gap" }),
      onend: (reason) => reason !== "closed" && this.#log.append({ marker: `The task is gone: ${reason}`, kind: "end" }),
      onerror: (problem) => this.#showProblem(problem.detail || `The gateway refused: ${problem.code}`),
    });
  }

  #append(message) {
    this.#ahead = Math.max(this.#ahead, Date.parse(message.time) - Date.now() || 0);
    if (message.event === "progress") return;
    if (message.event !== "state") {
      this.#lines++;
      return this.#log.append({ message });
    }
    const mark = stateMarker(message, this.#state);
    this.#state = message.data;
    if (mark) this.#log.append(mark);
  }

  #show(task, { isGuess = false } = {}) {
    this.snapshot = isGuess ? null : task;
    this.#view.show(task);
    if (isGuess) {
      this.#view.outcome.hidden = true;
      this.#view.outcomeTold = null;
      this.#view.state.textContent = "Connecting";
    }
    this.#showCancel();
    if (!isGuess) this.dispatchEvent(new CustomEvent("telltale-task", { detail: task, bubbles: true, composed: true }));
  }

  #showCancel() {
    const { snapshot } = this;
    const { cancel } = this.#view;
    const isPossible = snapshot && !isFinal(snapshot) && snapshot.state !== "unknown";
    cancel.hidden = !isPossible || this.getAttribute("cancel") === "no";
    cancel.disabled = Boolean(snapshot?.cancel_requested);
    cancel.textContent = snapshot?.cancel_requested ? "Cancel requested" : "Cancel";
  }

  #showConnection(state) {
    const { connection } = this.#view;
    connection.className = `connection ${state.state}`;
    connection.textContent = connectionText(state);
    if (state.state === "live") this.#showProblem("");
  }

  #showProblem(text) {
    this.#view.problem.hidden = !text;
    this.#view.problem.textContent = text;
  }

  #showCount({ rows, dropped }) {
    const shown = dropped ? `, the last ${rows.toLocaleString("en-GB")} shown` : "";
    const lines = this.#lines === 1 ? "line" : "lines";
    this.#view.count.textContent = this.#lines ? `${this.#lines.toLocaleString("en-GB")} ${lines}${shown}` : "";
    if (this.#lines) this.#view.count.href = this.#url("log");
  }
}

// A page may have loaded it from elsewhere, too.
if (!customElements.get("telltale-task")) customElements.define("telltale-task", TelltaleTask);
