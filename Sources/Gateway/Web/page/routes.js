// What the page shows stands behind the `#` of its address, so a link opens it and a reload shows it again.

import { readable } from "./api.js";

export const taskHref = (id) => `#/task/${readable(id)}`;
export const channelHref = (channel, since) => `#/channel/${readable(channel)}${since ? `?since=${readable(since)}` : ""}`;

/// `{view, name, since}` of the address; an unknown one is the overview.
export function routeOf(hash) {
  const [, view, name, query] = /^#\/(task|channel)\/([^?]+)(?:\?(.*))?$/.exec(hash) ?? [];
  if (!view) return { view: hash === "#/try" ? "try" : "overview" };
  return { view, name: decoded(name), since: new URLSearchParams(query).get("since") || "" };
}

function decoded(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/// A link with `?channel=` leads to the channel.
export function takeQuery() {
  const query = new URLSearchParams(location.search);
  const channel = query.get("channel");
  if (!channel) return;
  const since = query.get("since");
  for (const name of ["channel", "since"]) query.delete(name);
  history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}${channelHref(channel, since)}`);
}
