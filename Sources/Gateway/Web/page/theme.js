// The element's colours and type. A page around it sets them by custom properties; without them they follow the reader's choice of
// light or dark. Every text colour keeps a contrast of 4.5 to 1 on its ground.

/// A sheet that a shadow root can adopt: no inline style, so that it holds under a strict security policy.
export function sheet(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

/// The 16 colours of a terminal, light and dark.
const TERMINAL = [
  ["#1b1d1b", "#8b9691"], ["#b3261e", "#ff8f84"], ["#1a6d33", "#7fd694"], ["#8a5a00", "#e6bd6a"],
  ["#1f56b5", "#86b4ff"], ["#8a2e8f", "#dd9be6"], ["#0b6470", "#6bd0d8"], ["#5c605b", "#d3dad6"],
  ["#5c605b", "#98a39e"], ["#c02a20", "#ffa79e"], ["#1c7537", "#97e3a9"], ["#855800", "#f2d08a"],
  ["#2a62c9", "#a4c7ff"], ["#9a36a0", "#e9b6f0"], ["#0c6b78", "#8be0e6"], ["#1b1d1b", "#f5f8f6"],
];

const COLOURS = {
  surface: ["#ffffff", "#161b1a"],
  sunken: ["#fbfbf9", "#0c100f"],
  line: ["#e2e2dc", "#262d2b"],
  strong: ["#cfcfc7", "#3a4441"],
  text: ["#1b1d1b", "#e3e8e5"],
  soft: ["#5c605b", "#98a39e"],
  accent: ["#0b6e63", "#56d3b9"],
  "on-accent": ["#ffffff", "#06231e"],
  good: ["#1a6d33", "#6fd48a"],
  bad: ["#b3261e", "#ff8f84"],
  warn: ["#8a5200", "#edb95e"],
  ...Object.fromEntries(TERMINAL.map((pair, index) => [`c${index}`, pair])),
};

const declared = Object.entries(COLOURS).map(([name, [light, dark]]) =>
  `--_${name}: var(--telltale-${name}, light-dark(${light}, ${dark}));`);

export const theme = sheet(`
  :host {
    color-scheme: light dark;
    ${declared.join("\n    ")}
    --_sans: var(--telltale-font, Inter, "Segoe UI", system-ui, -apple-system, "Helvetica Neue", "Liberation Sans", Arial, sans-serif);
    --_mono: var(--telltale-mono, "JetBrains Mono", ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace);
    --_radius: var(--telltale-radius, 10px);
    color: var(--_text);
    font: .875rem/1.5 var(--_sans);
  }
  *, ::before, ::after { box-sizing: border-box; }
  [hidden] { display: none !important; }
  button {
    height: 2rem; padding: 0 .75rem; border: 1px solid var(--_strong); border-radius: 8px;
    background: var(--_surface); color: inherit; font: inherit; cursor: pointer;
  }
  button:hover { border-color: var(--_soft); }
  button:disabled { opacity: .55; cursor: default; }
  :focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; border-radius: 6px; }
  @media (prefers-reduced-motion: reduce) { *, ::before, ::after { animation: none !important; transition: none !important; } }
`);
