// Follows a channel with the browser's own EventSource, which reconnects by itself and resumes by Last-Event-ID.
//
// An EventSource only delivers events whose names it listens for, and those are the producers' choice. So a hole in the
// offsets is filled by reading the log, and the names found there are listened for from then on. Nor does the stream
// say when a message was published: that is read as well, for what was there before.

import { channelURL, read } from "./api.js";
import { Cursor, parsePosition } from "./cursor.js";

const KNOWN_EVENTS = ["message", "log", "start", "exit", "state", "progress", "result"];

/// After a refusal that may pass (a proxy's 502, say) an EventSource gives up for good. It is made anew after this
/// wait, in milliseconds.
const RENEW_WAIT = 5000;

/// Events that wait while the log is read, at most; past it the stream is taken up again from where it stood.
const HELD_EVENTS = 10_000;

/// `on` has `state`, `open`, `message`, `gap`, `end`, `fail`. Returns what stops it, and what takes a hint of the top.
export function followByEventSource(channel, since, on) {
  const cursor = new Cursor(on.gap);
  const names = new Set(KNOWN_EVENTS);
  let source, timer, stopped = false;
  let times = new Map(), filledTo = null, suspected = 0;
  let held = [], working = false;

  function connect() {
    const start = cursor.position ? { last_event_id: cursor.position } : { since };
    on.state("connecting");
    source = new EventSource(channelURL(channel, start));
    names.forEach(listen);
    source.addEventListener("stream-open", opened);
    source.addEventListener("stream-gap", gap);
    source.addEventListener("stream-end", ended);
    source.onerror = () => (source.readyState === EventSource.CLOSED ? diagnose() : on.state("reconnecting"));
  }

  const listen = (name) => source.addEventListener(name, arrived);

  function know(name) {
    if (!names.has(name)) listen(name);
    names.add(name);
  }

  function opened({ data, lastEventId }) {
    const [epoch, offset] = parsePosition(lastEventId);
    const opening = JSON.parse(data);
    inOrder(() => {
      cursor.open(epoch, offset);
      on.open(opening);
      return opening.top > offset ? learn(lastEventId) : null;
    });
  }

  function gap({ data }) {
    const report = JSON.parse(data);
    inOrder(() => {
      cursor.jump(report);
      on.gap(report);
    });
  }

  function ended({ data }) {
    source.close();
    inOrder(() => {
      stop();
      on.end(JSON.parse(data).reason);
    });
  }

  function arrived({ type, data, lastEventId }) {
    // The browser's own `error` has no data: it is no message, whatever a producer calls its events.
    if (data === undefined) return;
    const [epoch, offset] = parsePosition(lastEventId);
    const time = Date.now();
    const show = () => {
      const message = { epoch, offset, event: type, data, time: times.get(lastEventId) ?? time };
      if (cursor.accept(epoch, offset)) on.message(message);
    };
    inOrder(() => (isHole(epoch, offset) ? fill(offset).then(show) : show()));
  }

  /// Steps are taken one after another; one that returns a promise holds up those behind it.
  async function inOrder(step) {
    held.push(step);
    if (held.length > HELD_EVENTS) return void renew();
    if (working) return;
    working = true;
    while (held.length && !stopped) {
      const pending = held.shift()();
      if (pending) await pending;
    }
    working = false;
  }

  /// The times and the names of what the stream is about to bring.
  async function learn(position) {
    const page = await read(channel, position).catch(() => ({ messages: [] }));
    times = new Map(page.messages.map(({ offset, time }) => [`${page.epoch}:${offset}`, time]));
    if (!stopped) page.messages.forEach(({ event }) => know(event));
  }

  /// Conflated messages that were superseded leave holes for good: what has been read once is not read again.
  const isHole = (epoch, offset) =>
    cursor.leavesHole(epoch, offset) && !(filledTo?.epoch === epoch && offset <= filledTo.offset + 1);

  /// Shows what the log has after the last message. What the stream brings of it as well is then known already.
  async function fill(upTo) {
    const { epoch, offset: from } = cursor;
    const page = await read(channel, cursor.position).catch(() => null);
    filledTo = { epoch, offset: upTo };
    if (stopped || !page?.complete || page.epoch !== epoch || cursor.offset !== from) return;
    for (const message of page.messages) {
      know(message.event);
      if (cursor.accept(epoch, message.offset)) on.message({ epoch, ...message });
    }
    filledTo.offset = Math.max(upTo, cursor.offset);
  }

  /// The channel's newest message is known to have this offset. If the stream has not brought it by the second time,
  /// its event has a name that nobody listened for.
  function expectTop(top) {
    const isFilled = filledTo?.epoch === cursor.epoch && top <= filledTo.offset;
    const isMissing = cursor.epoch !== null && top > cursor.offset && !isFilled;
    if (isMissing && top === suspected) inOrder(() => fill(top));
    suspected = isMissing ? top : 0;
  }

  async function diagnose() {
    const found = await read(channel, cursor.position ?? since, 1).catch((problem) => problem);
    if (stopped) return;
    if (found.closed) {
      stop();
      return void on.end("closed");
    }
    if (found.isFinal) {
      stop();
      return void on.fail(found.message);
    }
    on.state("waiting", Date.now() + RENEW_WAIT);
    timer = setTimeout(connect, RENEW_WAIT);
  }

  function renew() {
    source.close();
    held = [];
    connect();
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
    source.close();
  }

  connect();
  return { stop, expectTop };
}
