// Follows a channel over WebSocket. Reconnects by itself, after the last message that it has seen.

import { read, webSocketURL } from "./api.js";
import { Cursor } from "./cursor.js";

/// Waits between attempts, in milliseconds: doubling from the first to the longest, the second half of each by chance.
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

/// Close codes after which coming back would only be refused again.
const REFUSED = { 4400: "The gateway refused the request.", 4401: "Not authorised, or no longer.", 4403: "Forbidden." };

/// `on` has `state`, `open`, `message`, `gap`, `end`, `fail`. Returns what stops it.
export function followByWebSocket(channel, since, on) {
  const cursor = new Cursor(on.gap);
  let socket, timer, attempts = 0, stopped = false, problem = null;

  const handlers = {
    subscribed(frame) {
      attempts = 0;
      cursor.open(frame.epoch, frame.offset);
      on.open(frame);
    },
    message: (frame) => cursor.accept(frame.epoch, frame.offset) && on.message(frame),
    gap(frame) {
      cursor.jump(frame);
      on.gap(frame);
    },
    end(frame) {
      stop();
      on.end(frame.reason);
    },
    error: (frame) => (problem = frame.detail || frame.code),
  };

  function connect() {
    clearTimeout(timer);
    on.state("connecting");
    socket = new WebSocket(webSocketURL(channel, cursor.position ?? since));
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (!stopped) handlers[frame.type]?.(frame);
    };
    socket.onclose = ({ code, reason }) => {
      if (REFUSED[code]) giveUp(problem || reason || REFUSED[code]);
      else if (cursor.position === null) examine();
      else retry();
    };
  }

  /// A browser does not tell why a handshake was refused; the same question without an upgrade does.
  async function examine() {
    const found = await read(channel, since, 1).catch((refusal) => refusal);
    if (stopped) return;
    if (found.isFinal) giveUp(found.message);
    else retry();
  }

  function giveUp(reason) {
    stop();
    on.fail(reason);
  }

  function retry() {
    const full = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempts++);
    const wait = full / 2 + (Math.random() * full) / 2;
    on.state("waiting", Date.now() + wait);
    timer = setTimeout(connect, wait);
  }

  const online = () => socket.readyState === WebSocket.CLOSED && !stopped && connect();

  function stop() {
    stopped = true;
    clearTimeout(timer);
    removeEventListener("online", online);
    socket.onclose = null;
    socket.close();
  }

  addEventListener("online", online);
  connect();
  return { stop, expectTop() {} };
}
