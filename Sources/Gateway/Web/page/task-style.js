// How <telltale-task> looks. Its parts: task, header, state, title, elapsed, cancel, facts, progress, bar, fill, progress-text,
// problem, outcome, details, log-frame, log, jump, footer, connection.

import { sheet } from "./theme.js";

export const taskStyle = sheet(`
  :host { display: block; container: task / inline-size; height: var(--telltale-height, 26rem); min-height: 0; }
  :host([hidden]) { display: none; }
  :host([log=no]) { height: auto; }
  .task {
    display: flex; flex-direction: column; height: 100%; overflow: hidden;
    border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_surface);
  }
  .header { display: flex; align-items: center; gap: .375rem .75rem; flex-wrap: wrap; padding: .875rem 1rem 0; }
  .state {
    --tone: var(--_soft); display: inline-flex; align-items: center; gap: .4375rem; padding: .125rem .625rem .125rem .5rem; border-radius: 99px;
    background: color-mix(in srgb, var(--tone) 13%, var(--_surface)); color: var(--tone); font-size: .75rem; font-weight: 600; white-space: nowrap;
  }
  .state::before { content: "" / ""; width: .5rem; height: .5rem; border-radius: 50%; background: currentColor; }
  .state-started { --tone: var(--_accent); }
  .state-started::before { animation: breathe 2s ease-in-out infinite; }
  .state-finished { --tone: var(--_good); } .state-failed { --tone: var(--_bad); } .state-lost { --tone: var(--_warn); }
  .state-queued::before, .state-unknown::before { background: transparent; border: 1.5px solid currentColor; }
  .state-unknown::before { border-style: dashed; }
  .state-finished::before, .state-failed::before, .state-cancelled::before, .state-lost::before { width: auto; height: auto; background: none; line-height: 1; }
  .state-finished::before { content: "✓" / ""; } .state-failed::before { content: "✕" / ""; }
  .state-cancelled::before { content: "⊘" / ""; } .state-lost::before { content: "?" / ""; }
  @keyframes breathe { 50% { opacity: .35; } }
  .title {
    flex: 1 1 8rem; min-width: 0; margin: 0; font-size: 1.0625rem; font-weight: 650; line-height: 1.35; letter-spacing: -.01em;
    overflow-wrap: anywhere; unicode-bidi: isolate;
  }
  .elapsed { color: var(--_soft); font-variant-numeric: tabular-nums; white-space: nowrap; }
  .facts { display: flex; flex-wrap: wrap; gap: 0 .875rem; margin: .25rem 0 0; padding: 0 1rem; color: var(--_soft); font-size: .75rem; overflow-wrap: anywhere; }
  .facts span { unicode-bidi: isolate; }
  .facts .command { flex-basis: 100%; font: .8125rem/1.6 var(--_mono); }
  .progress { display: flex; align-items: center; gap: .25rem .75rem; flex-wrap: wrap; margin-top: .625rem; padding: 0 1rem; font-size: .75rem; }
  .bar { flex: 1 1 10rem; height: .4375rem; border-radius: 99px; overflow: hidden; background: var(--_line); }
  .fill { height: 100%; width: 0; border-radius: inherit; background: var(--_accent); transition: width .25s ease-out; }
  .fill-finished { background: var(--_good); } .fill-failed { background: var(--_bad); }
  .fill-cancelled, .fill-lost, .fill-unknown, .fill-queued { background: var(--_soft); }
  .bar.busy { background: linear-gradient(90deg, var(--_line) 30%, var(--_accent) 50%, var(--_line) 70%) 0 / 200% 100%; animation: slide 1.6s linear infinite; }
  @keyframes slide { from { background-position: 200% 0; } to { background-position: 0 0; } }
  .progress-text { min-width: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; unicode-bidi: isolate; }
  .problem { margin: .625rem 1rem 0; color: var(--_bad); font-size: .8125rem; }
  .outcome { flex: none; max-height: min(45%, 9rem); overflow: auto; margin: .75rem 1rem 0; border-radius: 8px; padding: .5rem .75rem; background: color-mix(in srgb, var(--tone) 8%, var(--_surface)); }
  .outcome-finished { --tone: var(--_good); } .outcome-failed { --tone: var(--_bad); } .outcome-lost { --tone: var(--_warn); }
  .outcome-cancelled, .outcome-unknown { --tone: var(--_soft); }
  .outcome p { margin: 0; font-size: .8125rem; }
  .outcome pre { margin: 0; font: .75rem/1.55 var(--_mono); white-space: pre-wrap; overflow-wrap: anywhere; }
  .outcome > * + * { margin-top: .5rem; }
  dl { display: flex; flex-wrap: wrap; gap: .125rem 1.25rem; margin: 0; font-size: .8125rem; }
  dl div { display: flex; gap: .4375rem; min-width: 0; }
  dt { color: var(--_soft); }
  dd { margin: 0; font-family: var(--_mono); font-size: .75rem; line-height: 1.625; overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: isolate; }
  .details { flex: none; margin: .5rem 1rem 0; font-size: .75rem; }
  .details summary { width: max-content; color: var(--_soft); cursor: pointer; }
  .details dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); max-height: 9rem; overflow: auto; margin-top: .25rem; font-size: .75rem; }
  .log { --text-at: 5.5rem; --time-at: 1rem; --offset: none; }
  .log-frame { margin-top: .875rem; border-block: 1px solid var(--_line); }
  :host([log=no]) .log-frame { display: none; }
  .footer { display: flex; gap: .75rem; align-items: center; justify-content: space-between; padding: .3125rem 1rem; color: var(--_soft); font-size: .75rem; font-variant-numeric: tabular-nums; }
  :host([log=no]) .footer { padding-block: .5rem .625rem; }
  .footer a { color: inherit; }
  .connection { display: inline-flex; align-items: center; gap: .4375rem; }
  .connection::before { content: "" / ""; width: .4375rem; height: .4375rem; border-radius: 50%; background: currentColor; }
  .connection.live::before { background: var(--_accent); }
  .connection:is(.offline, .connecting) { color: var(--_warn); }
  .connection.ended::before { border-radius: 2px; }
  @container task (max-width: 480px) { .title { order: 1; flex-basis: 100%; } .elapsed { margin-left: auto; } }
`);
