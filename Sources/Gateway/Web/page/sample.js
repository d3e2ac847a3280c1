// A task whose worker is this page: what a worker does, by the same paths that any other uses.

import { changeTask, createTask } from "./api.js";

/// Steps of the work, and between two of them, in milliseconds.
const STEPS = 60;
const PAUSE = 400;
/// Without a word from this page for so many seconds the task is lost.
const LEASE = 10;

const PARTS = ["arena", "buffer", "channel", "clock", "codec", "cursor", "digest", "epoch", "fence", "lease"];
const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE));

/// Creates the task and goes on working at it; returns its id. `failed` is told why it could not go on.
export async function startSample(failed) {
  const { id } = await createTask({ title: "A sample task", meta: { worker: "this page", steps: STEPS } });
  work(id).catch(failed);
  return id;
}

async function work(id) {
  const began = performance.now();
  const first = "\x1b[32m$\x1b[0m \x1b[1mmake sample\x1b[0m";
  await changeTask(id, { state: "started", worker: "this page", lease: LEASE, log: first });
  for (let step = 1; step <= STEPS; step++) {
    await pause();
    const part = PARTS[step % PARTS.length];
    const progress = { current: step, total: STEPS, note: `compiling ${part}` };
    const task = await changeTask(id, { progress, log: lineOf(step, part) });
    if (!task.cancel_requested) continue;
    return changeTask(id, { state: "cancelled", log: "\x1b[33mstopped, as was asked\x1b[0m" });
  }
  const result = { steps: STEPS, duration_ms: Math.round(performance.now() - began) };
  return changeTask(id, { state: "finished", result, log: "\x1b[1;32mdone\x1b[0m" });
}

const lineOf = (step, part) =>
  step % 7
    ? `cc -O2 -Wall -c -o build/${part}.o src/${part}.c`
    : `\x1b[1msrc/${part}.c:${step}:5:\x1b[0m \x1b[1;35mwarning:\x1b[0m unused variable`;
