// The commands to copy, with this gateway and the followed channel filled in.

import { channelURL, origin } from "./api.js";
import { element } from "./dom.js";
import { quoted } from "./words.js";

/// What the command line uses without being told.
const DEFAULT_GATEWAY = "http://127.0.0.1:8080";
/// How long a button says that it has copied, in milliseconds.
const SHOWN_COPIED = 1500;

const gateway = origin === DEFAULT_GATEWAY ? "" : ` --gateway ${quoted(origin)}`;
const address = (channel, query = "") => quoted(`${channelURL(channel)}${query}`);

const COMMANDS = {
  run: () => `telltale run${gateway} -- make`,
  tail: (channel) => `telltale tail${gateway} ${quoted(channel)}`,
  follow: (channel) => `curl -N -H 'Accept: text/plain' ${address(channel, "?follow=1")}`,
  publish: (channel) => `curl -d 'hello' ${address(channel)}`,
  lines: (channel) => `make 2>&1 | curl -T - ${address(channel, "?lines=1")}`,
  element: () => `<script type="module" src="${origin}/telltale-task.js"></script>\n<telltale-task task="42"></telltale-task>`,
};

export function showCommands(channel = "hello") {
  for (const code of document.querySelectorAll("[data-command]")) {
    code.replaceChildren(...breakable(COMMANDS[code.dataset.command](channel)));
  }
}

/// Lines may break before a slash or a question mark of an address, rather than within its words.
const breakable = (command) =>
  command.split(/(?<=[^\/<])(?=[\/?](?!\/))/).flatMap((part) => [element("wbr"), part]).slice(1);

/// `navigator.clipboard` is only there on loopback and HTTPS; elsewhere the command is selected, to be copied by hand.
async function copy(button) {
  const code = button.parentElement.querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), SHOWN_COPIED);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button.copy");
  if (button) copy(button);
});
