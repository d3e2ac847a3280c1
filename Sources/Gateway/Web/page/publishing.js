// The forms that publish: one below a channel's log, for that channel, and one to try it.

import { publish } from "./api.js";
import { element } from "./dom.js";
import { channelHref } from "./routes.js";

/// - Parameter channelOf: the channel that is shown; without one the form has a field for its name.
export function preparePublishing(form, channelOf) {
  const field = (name) => form.elements.namedItem(name);
  const result = form.querySelector(".result");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const channel = channelOf?.() ?? field("channel").value.trim();
    const options = { event: field("event").value.trim(), json: field("json").checked };
    result.classList.remove("bad");
    try {
      const { epoch, offset } = await publish(channel, field("text").value, options);
      field("text").value = "";
      result.replaceChildren(`Published at ${epoch}:${offset}`, ...(channelOf ? [] : [" · ", link(channel)]));
    } catch (problem) {
      result.classList.add("bad");
      result.replaceChildren(problem.message);
    }
  });
}

function link(channel) {
  const made = element("a", "", `Follow ${channel}`);
  made.href = channelHref(channel);
  return made;
}
