// Where the gateway's paths are, and how its answers read. All is relative to the page, so it works below a path too.

const ROOT = new URL("./", location.href.split(/[?#]/)[0]);

/// The gateway's root without its last slash, as people type it.
export const origin = ROOT.href.replace(/\/$/, "");

/// A channel's name as one path segment, with what is harmless there left readable.
const segment = (channel) => encodeURIComponent(channel).replace(/%(3A|40|2C|3D|2B|3B)/g, decodeURIComponent);

export function channelURL(channel, query = {}) {
  const url = new URL(`v1/channels/${segment(channel)}`, ROOT);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

export function webSocketURL(channel, since) {
  const url = new URL("v1/ws", ROOT);
  url.protocol = url.protocol.replace("http", "ws");
  url.search = new URLSearchParams({ channel, since });
  return url;
}

/// What went wrong, in words for a person. `code` is the gateway's stable one; `status` is 0 when it can't be reached.
export class Problem extends Error {
  constructor(detail, code, status) {
    super(detail);
    this.code = code;
    this.status = status;
  }

  /// Whether asking again would only be refused again.
  get isFinal() {
    return this.status >= 400 && this.status < 500 && this.status !== 429;
  }
}

async function answer(url, options) {
  let response;
  try {
    response = await fetch(url, { cache: "no-store", ...options });
  } catch {
    throw new Problem("The gateway can’t be reached.", "unreachable", 0);
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const detail = body.detail || body.title || `The gateway answered ${response.status}.`;
  throw new Problem(detail, body.code, response.status);
}

/// One page of a channel, at most `limit` messages after `since`.
export const read = (channel, since, limit = 1000) =>
  answer(channelURL(channel, { since, limit }), { headers: { Accept: "application/json" } });

/// Channels that the list shows, at most.
export const LISTED_CHANNELS = 200;

export const listChannels = () => answer(new URL(`v1/channels?limit=${LISTED_CHANNELS}`, ROOT));

/// Publishes once; answers with the position.
export function publish(channel, text, { event, json }) {
  const type = json ? "application/json" : "text/plain; charset=utf-8";
  return answer(channelURL(channel, event ? { event } : {}), {
    method: "POST",
    headers: { "Content-Type": type },
    body: text,
  });
}
