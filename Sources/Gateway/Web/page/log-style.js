// How a log looks: rows on a grid, marks of a task's life, and a terminal's colours.

import { sheet } from "./theme.js";

const NUMBERS = Array.from({ length: 16 }, (_, index) => index);
const colours = NUMBERS.map((index) => `.fg${index} { color: var(--_c${index}); } .bg${index} { background: var(--_c${index}); }`);

export const logStyle = sheet(`
  .log-frame { position: relative; flex: 1; min-height: 0; container: log / inline-size; background: var(--_sunken); }
  .log {
    position: absolute; inset: 0; overflow: auto; padding: .625rem 0 .75rem; overscroll-behavior: contain;
    font: var(--telltale-log-size, .8125rem)/1.55 var(--_mono); font-variant-ligatures: none; tab-size: 8;
  }
  .log:focus-visible { outline-offset: -2px; border-radius: 0; }
  .block { contain: content; }
  .row { position: relative; padding: 0 1rem 0 var(--text-at, 8.5rem); }
  .row > .offset { position: absolute; left: 0; width: 3.75rem; display: var(--offset, inline); }
  .row > .time { position: absolute; left: var(--time-at, 3.75rem); }
  .log:empty::before { content: "No lines yet"; display: block; padding: .25rem 1rem; color: var(--_soft); font-family: var(--_sans); }
  .row:hover { background: color-mix(in srgb, var(--_text) 4%, transparent); }
  .offset, .time { color: var(--_soft); font-size: .6875rem; line-height: inherit; user-select: none; font-variant-numeric: tabular-nums; }
  .offset { padding-right: 1rem; text-align: right; overflow: hidden; text-overflow: ellipsis; }
  .text { white-space: pre-wrap; overflow-wrap: anywhere; min-height: 1lh; unicode-bidi: isolate; }
  .event {
    display: inline-block; padding: 0 .4375rem; border-radius: 5px; white-space: nowrap;
    background: color-mix(in srgb, var(--_accent) 12%, var(--_sunken)); color: var(--_accent); font: 550 .6875rem/1.6 var(--_sans);
  }
  .marker {
    display: flex; align-items: center; gap: .75rem; margin: .375rem 1rem;
    color: var(--_soft); font: 500 .75rem/1.5 var(--_sans);
  }
  .marker::before, .marker::after { content: ""; flex: 1; min-width: .75rem; border-top: 1px solid var(--_line); }
  .marker .time { margin-left: -.25rem; }
  .marker .told { overflow-wrap: anywhere; unicode-bidi: isolate; }
  .marker.finished { color: var(--_good); } .marker:is(.failed, .lost) { color: var(--_bad); }
  .marker.gap { color: var(--_warn); }
  .marker.gap .told { padding: .1875rem .75rem; border-radius: 99px; background: color-mix(in srgb, var(--_warn) 14%, var(--_sunken)); }
  .marker.gap::before, .marker.gap::after { border-top: 2px dashed color-mix(in srgb, var(--_warn) 50%, transparent); }
  .jump {
    position: absolute; bottom: .875rem; left: 50%; translate: -50%; border-radius: 99px; border-color: var(--_accent);
    background: var(--_accent); color: var(--_on-accent); font-weight: 600; font-size: .75rem; box-shadow: 0 4px 16px rgb(0 0 0 / .22);
  }
  .jump::after { content: " ↓" / ""; }
  @container log (max-width: 560px) {
    .row { padding-inline: .875rem; }
    .row > .offset, .row > .time { display: none; }
  }
  .bold { font-weight: 700; } .faint { color: var(--_soft); } .italic { font-style: italic; }
  .underline { text-decoration: underline; } .strike { text-decoration: line-through; }
  ${colours.join("\n  ")}
  [class*=bg]:not([class*=fg]) { color: var(--_sunken); }
  .inverse { background: var(--_text); color: var(--_sunken); }
  .json-key { color: var(--_c4); } .json-string { color: var(--_c2); } .json-value { color: var(--_c5); }
`);
