// The tasks that are under way, live, and those that ended last.

import { listTasks } from "./api.js";
import { leaveOutTasks } from "./channels.js";
import { place, setText } from "./dom.js";
import { every } from "./sampling.js";
import { TaskRow } from "./task-row.js";

/// Between two questions for the lists, in milliseconds: what is new; the rows' own news come at once.
const INTERVAL = 2500;
/// Rows of a list, and how many of them are followed.
const SHOWN = 100;
const SHOWN_ENDED = 20;
const FOLLOWED = 30;

const $ = (id) => document.getElementById(id);

class TaskList {
  rows = new Map();

  constructor(place) {
    this.place = place;
  }

  /// - Parameter followed: how many of the first rows are kept live.
  show(tasks, followed, ended) {
    const wanted = new Set(tasks.map(({ id }) => id));
    for (const [id, row] of this.rows) if (!wanted.has(id)) this.drop(id, row);
    tasks.forEach((task, index) => {
      const row = this.rows.get(task.id) ?? new TaskRow(task.id);
      this.rows.set(task.id, row);
      row.offer(task);
      if (index < followed) row.live(ended);
      else row.close();
    });
    place(this.place, tasks.map(({ id }) => this.rows.get(id).element));
  }

  drop(id, row) {
    row.close();
    this.rows.delete(id);
  }

  tick() {
    for (const row of this.rows.values()) row.tick();
  }
}

/// Keeps both lists. Rows are followed only while `isShown` says that somebody can see them. Returns what refreshes them.
export function watchTasks(isShown) {
  const [current, ended] = [new TaskList($("current-tasks")), new TaskList($("ended-tasks"))];
  const refresh = every(INTERVAL, async () => {
    if (!isShown()) return current.show([], 0);
    await show(current, ended, () => refresh()).catch((problem) => {
      $("tasks-note").textContent = problem.message;
      throw problem;
    });
  });
  setInterval(() => current.tick(), 1000);
  return refresh;
}

/// The gateway lists tasks by their beginnings.
const endOf = ({ ended, updated }) => Date.parse(ended ?? updated);

async function show(current, ended, refresh) {
  const [now, past] = await Promise.all([
    listTasks(["queued", "started"], SHOWN), listTasks(["finished", "failed", "cancelled", "lost"], SHOWN)]);
  for (const task of [...now.tasks, ...past.tasks].slice(0, 1)) leaveOutTasks(task);
  current.show(now.tasks, FOLLOWED, refresh);
  ended.show(past.tasks.toSorted((left, right) => endOf(right) - endOf(left)).slice(0, SHOWN_ENDED), 0);
  setText($("tasks-count"), now.tasks.length ? `${now.tasks.length}${now.cursor ? "+" : ""}` : "");
  $("tasks-note").textContent = now.cursor ? `The newest ${now.tasks.length} are shown.` : "";
  $("no-tasks").hidden = now.tasks.length > 0;
  $("ended").hidden = !past.tasks.length;
}
