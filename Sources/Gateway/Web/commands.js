// The commands to copy, with this gateway and the followed channel filled in.

import { channelURL, origin } from "./api.js";
import { quoted } from "./task.js";

/// What the command line uses without being told.
const DEFAULT_GATEWAY = "http://127.0.0.1:8080";
const SHOWN_COPIED = 1500;

const gateway = origin === DEFAULT_GATEWAY ? "" : ` --gateway ${quoted(origin)}`;
const address = (channel, query) => quoted(`${channelURL(channel)}${query ?? ""}`);
const target = (channel, query) => (query ? `'${channelURL(channel)}${query}'` : address(channel));

const COMMANDS = {
  run: () => `telltale run${gateway} -- make`,
  tail: (channel) => `telltale tail${gateway} ${quoted(channel)}`,
  follow: (channel) => `curl -N -H 'Accept: text/plain' ${target(channel, "?follow=1")}`,
  publish: (channel) => `curl -d 'hello' ${target(channel)}`,
  lines: (channel) => `make 2>&1 | curl -T - ${target(channel, "?lines=1")}`,
};

export function showCommands(channel) {
  for (const code of document.querySelectorAll("[data-command]")) {
    code.textContent = COMMANDS[code.dataset.command](channel || "hello");
  }
}

/// `navigator.clipboard` is only there on loopback and on HTTPS; elsewhere the command is selected, to be copied by hand.
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
  const button = event.target.closest("button.copy");
  if (button) copy(button);
});
