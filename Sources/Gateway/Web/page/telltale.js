// Follows channels and tasks of a Telltale gateway: telltale.d.ts has the types, and says how.

const WINDOW = 1 << 20; // characters on their way to one tab
const FOLLOWED = 100; // by one connection, as all below: the gateway's limits
const NAMES = 4_000; // bytes: a request's line has each twice
const GATHER = 10; // ms, as all: changes within it are one
const PATIENCE = 5_000; // until the first word
const LOOK = 10_000; // the third without a word is the last
const WAIT = 20; // s, of a poll
const SHORTEST = 250; // until the next attempt
const LONGEST = 14_750; // more
const CONTENT = 300_000; // with another than the best transport
const WORKER = "telltale-1"; // of this protocol: old tabs keep old workers
const POSITION = /^(?!last:)\w+:\d+$/;

const split = (position) => [position.split(":")[0], +position.split(":")[1]];

// The page's half

const BEGINS = {
  queued: "created",
  started: "started",
  lost: "updated",
  finished: "ended",
  failed: "ended",
  cancelled: "ended",
};
const links = {};

export function follow(target, options = {}) {
  const shared = options.shared ?? true;
  return new Following((links[shared] ??= new Link(shared)), target.trim ? { channel: target } : target, options);
}

class Link {
  followings = new Map();

  constructor(shared) {
    this.shared = shared;
    this.join();
    addEventListener("pagehide", () => this.leave());
    addEventListener("pageshow", ({ persisted }) => persisted && this.join());
  }

  join() {
    this.handled = this.silence = 0;
    this.isHeard = false;
    this.looking = setInterval(() => this.silence++ < 0 || this.rejoin(), PATIENCE);
    try {
      if (!this.shared) throw 0;
      const worker = new SharedWorker(import.meta.url, { type: "module", name: WORKER });
      const port = (this.port = worker.port);
      worker.onerror = () => port === this.port && this.rejoin();
    } catch {
      const { port1, port2 } = new MessageChannel();
      this.port = port1;
      serve(port2);
    }
    this.port.onmessage = ({ data }) => this.hear(data);
    for (const following of this.followings.values()) following.ask();
  }

  leave() {
    clearInterval(this.looking);
    this.port.postMessage({ bye: 1 });
    this.port.close();
  }

  rejoin() {
    this.leave();
    this.shared &&= this.isHeard;
    this.join();
  }

  /// Id 0 asks whether this tab is there; -1: it was taken for gone.
  hear([id, said]) {
    this.isHeard = true;
    this.silence = -5;
    if (id < 0) return this.rejoin();
    this.followings.get(id)?.hear(said);
    this.handled += said?.trim ? said.length : 0;
    if (said && this.handled < WINDOW / 4) return;
    this.port.postMessage({ ack: this.handled });
    this.handled = 0;
  }
}

let serial = 0;

class Following {
  position = null;
  id = ++serial;

  constructor(link, target, options) {
    Object.assign(this, { link, target, options });
    link.followings.set(this.id, this);
    this.ask();
  }

  async ask() {
    const { gateway, since, transports, token } = this.options;
    let access;
    try {
      access = await (token?.call ? token() : token);
    } catch ({ message: detail }) {
      return this.on_end({ problem: { code: "no_token", detail } });
    }
    if (!this.link.followings.has(this.id)) return;
    this.link.port.postMessage({
      id: this.id,
      ...this.target,
      since: this.position ?? since ?? "",
      first: memory(),
      wire: [new URL(gateway ?? ".", gateway ? location : import.meta.url).href, transports, access],
    });
  }

  close() {
    this.options = {};
    if (this.link.followings.delete(this.id)) this.link.port.postMessage({ id: this.id });
  }

  hear(said) {
    const { type, ...frame } = said.trim ? JSON.parse(said) : said;
    this[`on_${type}`]?.(frame);
  }

  call(name, value) {
    try {
      this.options[name]?.(value);
    } catch (error) {
      reportError(error);
    }
  }

  on_message(message) {
    this.position = `${message.epoch}:${message.offset}`;
    this.call("onmessage", message);
    if (this.target.task && /^(state|progress)$/.test(message.retain)) this.learn(message);
  }

  on_task({ task }) {
    const [epoch, offset] = split(task.position ?? "0:0");
    if (epoch === this.epoch && offset <= this.offset) return;
    this.progressAt = offset;
    this.show(task, epoch, offset);
  }

  learn({ epoch, offset, data, time, retain }) {
    const isSame = epoch === this.epoch;
    if (isSame && offset <= this.offset) return;
    let { task } = this;
    if (retain === "progress") {
      task = { ...task, progress: { ...data, time } };
      this.progressAt = offset;
    } else {
      const { id, channel, progress } = task;
      const { began, ...life } = Object(data);
      for (const key of Object.values(BEGINS)) if (life[key]) life[key] = new Date(life[key]).toISOString();
      life.created ??= time;
      if (life.state in BEGINS) life[BEGINS[life.state]] ??= time;
      else life.state = "unknown";
      task = { ...life, id, channel };
      if (progress && isSame && began <= this.progressAt) task.progress = progress;
    }
    this.show({ ...task, updated: time, position: `${epoch}:${offset}` }, epoch, offset);
  }

  show(task, epoch, offset) {
    Object.assign(this, { task, epoch, offset });
    this.call("ontask", task);
  }

  on_gap(gap) {
    this.position = `${gap.epoch}:${gap.have_from - 1}`;
    this.call("ongap", gap);
  }

  on_end({ reason, problem }) {
    if (this.options.token?.call && !this.isAnew && /^token/.test(problem?.code)) {
      this.isAnew = true;
      return this.ask();
    }
    this.link.followings.delete(this.id);
    if (problem) this.call("onerror", problem);
    else this.call("onend", reason);
    this.on_state({ state: "ended", reason: reason ?? problem.code });
  }

  on_state({ position = this.position, ...state }) {
    this.position = position;
    this.isAnew &&= state.state !== "live";
    if (state.transport && !this.options.transports) memory(state.transport);
    const told = JSON.stringify(state);
    if (told !== this.told) this.call("onstate", state);
    this.told = told;
  }
}

function memory(transport) {
  try {
    if (transport) sessionStorage.telltale = transport;
    return sessionStorage.telltale;
  } catch {}
}

// The wire's half, in a SharedWorker or in the page

const connections = new Map();
const keyOf = ({ channel, task }) => (task ? `t:${task}` : `c:${channel}`);

function serve(port) {
  const readers = new Map();
  let owed = 0;
  let missed = 0;
  const tab = {
    drop,
    say(id, said) {
      if (said?.trim) owed += said.length;
      tab.isBehind ||= owed > WINDOW;
      port.postMessage([id, said]);
    },
  };
  const pulse = setInterval(() => (missed++ < 2 ? tab.say(0) : leave(tab.say(-1))), LOOK);

  function drop(id) {
    const reader = readers.get(id);
    readers.delete(id);
    if (reader?.leg.readers.delete(reader)) reader.leg.connection.change();
  }

  function leave() {
    clearInterval(pulse);
    for (const id of readers.keys()) drop(id);
    port.close();
  }

  port.onmessage = ({ data }) => {
    missed = 0;
    const { id, bye, ack, wire, since } = data;
    if (bye) return leave();
    drop(id);
    if (wire) {
      const reader = { ...data, tab, offset: 0 };
      if (POSITION.test(since)) [reader.epoch, reader.offset] = split(since);
      readers.set(id, reader);
      place(reader);
    }
    owed -= ack ?? 0;
    if (!tab.isBehind || owed > WINDOW / 2) return;
    tab.isBehind = false;
    for (const { leg } of readers.values()) leg.connection.change();
  };
  tab.say(0);
}

function place(reader) {
  for (let number = 0; ; number++) {
    const key = JSON.stringify([number, ...reader.wire]);
    if (!connections.has(key)) connections.set(key, new Connection(key, reader));
    if (connections.get(key).add(reader)) return;
  }
}

class Leg {
  readers = new Set();

  constructor(connection, { channel, task }) {
    Object.assign(this, { connection, channel, task });
  }

  next(admits = () => true) {
    const able = [...this.readers].filter((reader) => !reader.tab.isBehind);
    const waiting = able.filter((reader) => !reader.isLive && (reader.epoch || admits(reader.since)));
    const first = waiting.find((reader) => !reader.epoch) ?? waiting[0];
    if (!first) return null;
    const { epoch, since } = first;
    const peers = able.filter((reader) => reader.epoch === epoch && (epoch || reader.since === since));
    const offset = Math.min(...peers.map((reader) => reader.offset));
    this.asked = peers.filter((reader) => reader.offset === offset);
    return epoch ? `${epoch}:${offset}` : since;
  }

  close() {
    this.pending = this.isOpen = null;
    for (const reader of this.readers) reader.isLive = false;
  }

  finish(readers, said) {
    for (const reader of [...readers]) {
      reader.tab.say(reader.id, said);
      reader.tab.drop(reader.id);
    }
    this.connection.change();
  }

  on_task(frame, text) {
    for (const reader of this.readers) reader.tab.say(reader.id, text);
  }

  on_subscribed({ channel, position, complete }) {
    const { connection, asked } = this;
    const [epoch, offset] = split(position);
    Object.assign(this, { channel, pending: null, isOpen: true, missing: complete ? null : asked });
    for (const reader of this.readers) {
      if (asked.includes(reader) && !reader.tab.isBehind) Object.assign(reader, { epoch, offset });
      reader.isLive = reader.epoch === epoch && reader.offset >= offset;
      if (reader.isLive) {
        const position = `${epoch}:${reader.offset}`;
        connection.tell({ state: "live", transport: connection.transport, position }, [reader]);
      }
    }
    connection.best = connection.at;
    connection.attempts = 0;
    connection.change();
  }

  give({ epoch }, offset, text, readers, isForAll) {
    for (const reader of readers) {
      reader.isLive &&= !reader.tab.isBehind;
      if (!reader.isLive || (!isForAll && reader.epoch === epoch && reader.offset >= offset)) continue;
      Object.assign(reader, { epoch, offset });
      reader.tab.say(reader.id, text);
    }
  }

  on_message(frame, text) {
    this.give(frame, frame.offset, text, this.readers);
  }

  on_gap(frame, text) {
    const { missing, readers } = this;
    this.give(frame, frame.have_from - 1, text, missing ?? readers, missing || frame.reason !== "trimmed");
    this.missing = null;
  }

  on_end(frame, text) {
    this.isOpen = false;
    this.finish([...this.readers].filter((reader) => reader.isLive), text);
  }

  on_error({ type, id, ...problem }) {
    if (/unavailable|busy/.test(problem.code)) return this.connection.lost(problem.code, false);
    const refused = this.pending ? this.asked : this.readers;
    this.close();
    this.finish(refused, { type: "end", problem });
  }
}

class Connection {
  legs = new Map();
  attempts = 0;
  fellBack = Date.now();

  constructor(key, { wire: [gateway, transports, token], first }) {
    this.key = key;
    this.transports = transports ?? ["websocket", "sse", "poll"];
    this.at = this.best = Math.max(0, this.transports.indexOf(first));
    this.token = token;
    this.url = (path, query = "") => `${gateway.replace(/\/*$/, "/v1/")}${path}?${query}`;
  }

  get transport() {
    return this.transports[this.at];
  }

  get all() {
    return [...this.legs.values()];
  }

  /// Whether there is room: a connection can't have a task and its channel.
  add(reader) {
    const { channel, task } = reader;
    const key = keyOf(reader);
    const isTwin = (leg) => !leg.task !== !task && (leg.task ? channel : leg.channel).endsWith(`:${leg.task ?? task}`);
    if (!this.legs.has(key)) {
      const keys = [...this.legs.keys()];
      if (keys.length >= FOLLOWED || `${keys}`.length > NAMES || this.all.some(isTwin)) return false;
      this.legs.set(key, new Leg(this, reader));
    }
    reader.leg = this.legs.get(key);
    reader.leg.readers.add(reader);
    this.tell({ state: this.timer ? "offline" : "connecting" }, [reader]);
    this.change();
    return true;
  }

  change() {
    this.gathering ??= setTimeout(() => this.settle(), GATHER);
  }

  settle() {
    this.gathering = null;
    for (const [key, leg] of this.legs) {
      if (leg.readers.size || leg.pending) continue;
      this.legs.delete(key);
      if (leg.isOpen) this.wire.say("unsubscribe", leg);
    }
    if (!this.readers().length) {
      connections.delete(this.key);
      this.close();
    } else if (this.isReady || this.wire?.isLong) this.wire.ask();
    else if (!this.wire && !this.timer) this.connect();
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.first);
    clearInterval(this.looking);
    this.wire?.close();
    this.wire = this.timer = this.isReady = this.problem = null;
    for (const leg of this.all) leg.close();
  }

  connect(isRenewal) {
    this.close();
    if (Date.now() - this.fellBack > CONTENT) this.at = 0;
    if (!isRenewal) this.tell({ state: "connecting" });
    this.quiet = 0;
    const giveUp = () => this.lost("silent", true);
    this.first = setTimeout(giveUp, this.transport === "poll" ? 18 * PATIENCE : PATIENCE);
    this.looking = setInterval(() => (this.quiet++ < 2 ? this.wire.say("ping", {}) : this.isReady && giveUp()), LOOK);
    this.wire = this.transport === "websocket" ? new Socket(this) : new Stream(this);
  }

  lost(reason, isUseless = !this.isReady) {
    this.close();
    if (isUseless && this.at + 1 < this.transports.length) {
      this.at++;
      this.fellBack = Date.now();
      return this.connect();
    }
    if (isUseless) this.at = this.best;
    const most = Math.min(LONGEST, 1_000 * 2 ** this.attempts++);
    this.timer = setTimeout(() => this.connect(), SHORTEST + Math.random() * most);
    this.tell({ state: "offline", reason });
  }

  readers() {
    return this.all.flatMap((leg) => [...leg.readers]);
  }

  tell(state, readers = this.readers()) {
    for (const reader of readers) reader.tab.say(reader.id, { type: "state", ...state });
  }

  ready() {
    this.quiet = 0;
    clearTimeout(this.first);
    if (!this.isReady) this.change();
    this.isReady = true;
  }

  hear(text) {
    this.ready();
    const frame = JSON.parse(text);
    const { type, id, channel } = frame;
    const key = id ?? keyOf({ channel, task: frame.task?.id ?? frame.task });
    const isNews = /^(message|gap|end)$/.test(type);
    // News before the answer is of the subscription before.
    const isMeant = (leg) => (isNews ? leg.isOpen && leg.channel === channel : leg.pending === key);
    const leg = this.all.find(isMeant);
    if (leg) leg[`on_${type}`]?.(frame, text);
    else this.problem = frame;
  }
}

class Socket {
  constructor(connection) {
    this.connection = connection;
    this.socket = new WebSocket(connection.url("ws").replace("http", "ws"));
    this.socket.onopen = () => connection.token && this.say("auth", {}, { token: connection.token });
    this.socket.onmessage = ({ data }) => connection.hear(data);
    this.socket.onclose = ({ code, reason }) => {
      if (![4400, 4401, 4403].includes(code)) return connection.lost(reason || "closed");
      for (const leg of connection.all) leg.on_error({ code, detail: reason, ...connection.problem });
      connection.close();
    };
  }

  say(type, { task, channel }, more) {
    const frame = JSON.stringify({ type, ...(task ? { task } : { channel }), ...more });
    if (this.socket.readyState === 1) this.socket.send(frame);
  }

  ask() {
    for (const leg of this.connection.all) {
      const start = leg.pending ? null : leg.next();
      if (start === null) continue;
      if (leg.isOpen) this.say("unsubscribe", leg);
      leg.isOpen = false;
      leg.pending = ++serial;
      this.say("subscribe", leg, { id: serial, since: start || undefined });
    }
  }

  close() {
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
  }
}

/// A poll is a stream that the gateway ends after news.
class Stream {
  fresh = [];
  stopped = new AbortController();

  constructor(connection) {
    this.connection = connection;
    this.read(this.query()).catch((error) => this.stopped.signal.aborted || connection.lost(error.message));
  }

  query() {
    const { legs, transport, best, at, isCautious } = this.connection;
    const query = new URLSearchParams({ form: "frames" });
    const positions = [];
    let since;
    const admits = (wanted) => since === undefined || (wanted === since && !isCautious);
    for (const [key, leg] of legs) {
      const start = leg.next(admits);
      if (leg.channel && POSITION.test(start)) positions.push(`${encodeURIComponent(leg.channel)}=${start}`);
      else if (start !== null && admits(start)) this.fresh.push(leg), (since = start);
      else continue;
      leg.pending = key;
      query.append(leg.task ? "task" : "channel", leg.task ?? leg.channel);
    }
    this.isLong = transport === "poll" && best === at && since === undefined;
    if (transport === "poll") query.set("wait", this.isLong ? WAIT : 1);
    if (since) query.set("since", since);
    if (positions.length) query.set("last_event_id", positions.join("&"));
    // To the gateway a plus is a plus.
    return `${query}`.replaceAll("+", "%20");
  }

  say(type) {
    this.isStale ||= type !== "ping";
  }

  async read(query) {
    const { connection, stopped: { signal } } = this;
    if (!this.isPending) return connection.ready();
    const headers = connection.token ? { Authorization: `Bearer ${connection.token}` } : {};
    const response = await fetch(connection.url("events", query), { signal, headers, cache: "no-store" });
    if (!response.ok) return this.refused(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let part; !(part = await reader.read()).done; ) {
      const lines = (rest + part.value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line.startsWith("data:") && !signal.aborted) connection.hear(line.slice(5));
    }
    if (signal.aborted) return;
    const isLive = connection.transport !== "poll" && connection.all.some((leg) => leg.isOpen);
    if (this.isPending || isLive) connection.lost("closed");
    else connection.connect(true);
  }

  async refused(response) {
    const { connection, fresh } = this;
    const isOurs = /problem/.test(response.headers.get("Content-Type"));
    if (!isOurs || /^5|429/.test(response.status)) throw Error(`HTTP ${response.status}`);
    const problem = await response.json();
    connection.isCautious = fresh.length > 1;
    const refused = connection.isCautious ? [] : fresh.length ? fresh : connection.all;
    for (const leg of refused) leg.on_error(problem);
    connection.connect(true);
  }

  get isPending() {
    return this.connection.all.some((leg) => leg.pending);
  }

  ask() {
    const isWanted = this.isStale || this.connection.all.some((leg) => !leg.pending && leg.next() !== null);
    if (isWanted && (this.isLong || !this.isPending)) this.connection.connect(true);
  }

  close() {
    this.stopped.abort();
  }
}

addEventListener("online", () => connections.forEach((connection) => connection.timer && connection.connect()));
if (self.name === WORKER) self.onconnect = ({ ports: [port] }) => serve(port);
