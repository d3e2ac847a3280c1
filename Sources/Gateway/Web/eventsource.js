// Follows a channel with the browser's own EventSource, which reconnects by itself and resumes by Last-Event-ID.
//
// An EventSource only delivers events whose names it listens for. The names of a channel are its producers' choice, so a
// hole in the offsets is filled by reading the log, and the names found there are listened for from then on.

import { channelURL, read } from "./api.js";
import { Cursor, parsePosition } from "./cursor.js";

const KNOWN_EVENTS = ["message", "log", "start", "exit", "state", "progress", "result"];

/// After a refusal that may pass (a proxy's 502, say) an EventSource gives up for good; it is made anew after this wait, in milliseconds.
const RENEW_WAIT = 5000;

/// Messages that wait while a hole is being filled, at most; past it the stream is taken up again from where it stood.
const HELD_MESSAGES = 10_000;

/// `on` has `state`, `open`, `message`, `gap`, `end`, `fail`. Returns what stops it.
export function followByEventSource(channel, since, on) {
  const cursor = new Cursor(on.gap);
  const names = new Set(KNOWN_EVENTS);
  let source, timer, stopped = false, held = null, checkedTo = null;

  function connect() {
    const start = cursor.position ? { last_event_id: cursor.position } : { since };
    on.state("connecting");
    source = new EventSource(channelURL(channel, start));
    names.forEach(listen);
    source.addEventListener("stream-open", receive(opened));
    source.addEventListener("stream-gap", receive(gap));
    source.addEventListener("stream-end", receive(ended));
    source.onerror = () => (source.readyState === EventSource.CLOSED ? diagnose() : on.state("reconnecting"));
  }

  const receive = (handler) => (event) => handler(event);
  const listen = (name) => source.addEventListener(name, arrived);

  function opened(event) {
    const [epoch, offset] = parsePosition(event.lastEventId);
    cursor.open(epoch, offset);
    on.open(JSON.parse(event.data));
  }

  function gap(event) {
    const report = JSON.parse(event.data);
    inOrder(() => {
      cursor.jump(report);
      on.gap(report);
    });
  }

  function ended(event) {
    source.close();
    inOrder(() => {
      stop();
      on.end(JSON.parse(event.data).reason);
    });
  }

  function arrived({ type, data, lastEventId }) {
    // A connection that fails is an `error` event without data or id.
    if (data === undefined) return;
    const [epoch, offset] = parsePosition(lastEventId);
    inOrder(() => {
      const covered = checkedTo && checkedTo.epoch === epoch && offset <= checkedTo.offset + 1;
      if (cursor.leavesHole(epoch, offset) && !covered) return fill(offset);
      if (cursor.accept(epoch, offset)) on.message({ epoch, offset, event: type, data });
      return null;
    });
  }

  /// Runs what a message asks for now, or after the hole before it is filled.
  function inOrder(step) {
    if (!held) return void waitFor(step(), step);
    held.push(step);
    if (held.length > HELD_MESSAGES) renew();
  }

  function waitFor(filling, step) {
    if (!filling) return;
    const waiting = (held = [step]);
    filling.finally(() => {
      if (held !== waiting || stopped) return;
      held = null;
      while (waiting.length) {
        inOrder(waiting.shift());
        if (held) return void held.push(...waiting.splice(0));
      }
    });
  }

  /// Reads what the log has after the last message. What the stream brings of it as well is then known already.
  async function fill(upTo) {
    const from = { epoch: cursor.epoch, offset: cursor.offset };
    checkedTo = { epoch: from.epoch, offset: Math.max(from.offset, upTo ?? 0) };
    const page = await read(channel, cursor.position).catch(() => null);
    if (stopped || !page?.complete || page.epoch !== cursor.epoch || cursor.offset !== from.offset) return;
    for (const message of page.messages) {
      if (!names.has(message.event)) listen(message.event);
      names.add(message.event);
      if (cursor.accept(page.epoch, message.offset)) on.message({ epoch: page.epoch, ...message });
    }
    checkedTo.offset = Math.max(checkedTo.offset, cursor.offset);
  }

  async function diagnose() {
    const problem = await read(channel, cursor.position ?? since, 1).then(afterRefusal, (error) => error);
    if (stopped || !problem) return;
    if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) {
      stop();
      return void on.fail(problem.message);
    }
    on.state("waiting", Date.now() + RENEW_WAIT);
    timer = setTimeout(connect, RENEW_WAIT);
  }

  /// 204 means closed and all seen. Anything else is worth another attempt.
  function afterRefusal(page) {
    if (!page.closed) return { status: 0 };
    stop();
    on.end("closed");
    return null;
  }

  function renew() {
    source.close();
    held = null;
    connect();
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
    source.close();
  }

  connect();
  /// `top` is known to be there: whatever the stream has not brought has a name that was not listened for.
  const check = (top) => {
    if (held || stopped || cursor.epoch === null || top <= cursor.offset) return;
    if (checkedTo?.offset >= top && checkedTo.epoch === cursor.epoch) return;
    waitFor(fill(), () => null);
  };
  return { stop, check };
}
