// The types of telltale.js, and how it works: the script itself is kept small.
//
// Two halves talk through a MessagePort. The page's calls the handlers. The wire's has the connection; it runs in a
// SharedWorker (the module is the worker's script too), so that all tabs of an origin share one connection, which
// HTTP/1.1 allows few of. Where there is no such worker, or the module is of another origin, or the worker does not
// start within 5 s, the page has its own. A worker that was silent for 30 s has died, as one does with the tab that
// began it when that crashes, and is begun anew. Tabs that were open before the gateway was upgraded may keep the old
// worker: what the halves say to each other can change only with the worker's name.
//
// More than 100 follows, or 4,000 bytes of names, or a task and its channel both, take one more connection: the
// gateway's limits.
//
// Transports speak the same frames. WebSocket is tried first, then Server-Sent Events, then long polls. One that
// brings no frame within 5 s is given up (some proxies let a stream open and nothing through), so is one that is
// silent for 20 to 30 s: the looks at it are counted, as browsers slow the clocks of hidden tabs. A poll may take
// 90 s, as some proxies hold it for long. What worked is tried first in the same tab; after five minutes on a lesser
// one the best is tried again. A lost connection is tried again after 0.25 to 15 s, by chance.
//
// A channel is subscribed to once, however many follow it and wherever they stand. For one that comes later, or was
// behind, it is subscribed to anew, from the lowest place that is needed; the others know what they have seen by
// epoch and offset. A tab with 1 Mi characters before it is behind: it is passed over, and fed from the log when it
// has caught up. A tab that is left says so, and comes back to its place; one that does not answer for 20 to 30 s
// has crashed and is forgotten. If it has not, it comes back.
//
// A stream or poll has one `since` for all newcomers, so others come with the next; and a refusal of several is
// tried one by one, so that it ends only the one that it means. Who comes while a poll waits for news ends the wait.

/** A message of a channel. */
export interface Message {
  channel: string;
  /** The life of the channel, and the message's place in it. */
  epoch: string;
  offset: number;
  /** `message` where the producer gave none. */
  event: string;
  /** A text's data is a string; JSON is the value. */
  data: any;
  /** RFC 3339, in UTC, by the broker's clock. */
  time: string;
  /** The key under which the channel keeps the newest. */
  retain?: string;
}

export type TaskState = "unknown" | "queued" | "started" | "finished" | "failed" | "cancelled" | "lost";

/** How far an attempt is: what its worker said of it, and when (RFC 3339). */
export interface Progress {
  current?: number;
  total?: number;
  /** 0 to 100. */
  percent?: number;
  note?: string;
  time: string;
}

/** A task as it stands. Members are absent when there is nothing to say: most are while it is unknown. */
export interface Task {
  id: string;
  channel: string;
  state: TaskState;
  attempt?: number;
  title?: string;
  meta?: any;
  progress?: Progress;
  worker?: string;
  /** Seconds of silence after which the worker counts as lost. */
  lease?: number;
  result?: any;
  error?: any;
  cancel_requested?: true;
  /** Times are RFC 3339. */
  created?: string;
  started?: string;
  ended?: string;
  updated?: string;
  /** `epoch:offset` of the newest message that this snapshot knows. */
  position?: string;
}

/** What was asked for and can't be had: it is always told. What comes next begins at `epoch` and `have_from`. */
export interface Gap {
  channel: string;
  asked: string;
  epoch: string;
  have_from: number;
  reason: "trimmed" | "epoch" | "future";
}

/** Why the gateway refuses to follow. `code` is stable, `detail` a sentence. */
export interface Problem {
  code: string | number;
  detail?: string;
  [member: string]: unknown;
}

export type Transport = "websocket" | "sse" | "poll";

export interface ConnectionState {
  /** `offline` waits for the next attempt by itself; `ended` is final. */
  state: "connecting" | "live" | "offline" | "ended";
  /** What it is live over. */
  transport?: Transport;
  /** Why it is offline, or why it ended. */
  reason?: string | number;
}

/** Called in the order of the channel. What one throws goes to the page’s `error` event and disturbs nobody else. */
export interface Handlers {
  onmessage?(message: Message): void;
  /** The snapshot, and again after everything that changes it. For tasks only. */
  ontask?(task: Task): void;
  onstate?(state: ConnectionState): void;
  ongap?(gap: Gap): void;
  /** The channel ended: `closed` or `deleted`. Nothing comes after. */
  onend?(reason: string): void;
  /** The gateway refused. Nothing comes after. */
  onerror?(problem: Problem): void;
}

export interface Options {
  /** The gateway's root. Without it, where this module came from. */
  gateway?: string;
  /** `earliest`, `latest`, `last:N` or a position; without it what the gateway is configured for. */
  since?: string;
  /** Those that may be used, the best first. Without it all three. */
  transports?: Transport[];
  /** Whether the connection is shared with the other tabs of this origin, where the browser can. Without it, it is. */
  shared?: boolean;
  /**
   * An access token, or what gets one. It is asked again when the gateway refuses the last or that has expired, and what
   * is followed goes on where it was. Over WebSocket the token is the first message, else a header: it is in no address.
   * Those share a connection who have the same.
   */
  token?: string | (() => string | Promise<string>);
}

export interface Following {
  /** Ends it. No handler is called any more. */
  close(): void;
  /** After which message it stands, as a later `since`; `null` before the gateway has said where it starts. */
  readonly position: string | null;
}

/** Follows a channel (by its name) or a task until it ends or is closed, whatever becomes of connections meanwhile. */
export function follow(
  target: string | { channel: string } | { task: string },
  options?: Handlers & Options,
): Following;
