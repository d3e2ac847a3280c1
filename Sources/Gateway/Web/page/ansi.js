// Terminal colours (ECMA-48 SGR) as spans. Text only ever becomes text nodes: nothing in a message can become markup.

/// Control sequences (their parameters and what ends them), operating system commands, other strings, and the rest.
const SEQUENCE = new RegExp([
  /\x1b\[([0-9;:<=>?]*)([ -\/]*[@-~])/,
  /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?/,
  /\x1b[PX^_][^\x1b]*(?:\x1b\\)?/,
  /\x1b[ -\/]*[0-~]/,
].map(({ source }) => source).join("|"), "g");
/// Parameters with which `m` is a terminal's own business, and no colour.
const PRIVATE = /[<=>?]/;
/// C0 and C1 controls but tab and line feed.
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/// Appends `text` to `parent`; escape sequences that are no colour are left out.
export function appendAnsi(parent, text) {
  if (!text.includes("\x1b")) return void parent.append(text.replace(CONTROL, ""));
  const style = { classes: new Set(), colours: {} };
  let end = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    appendStyled(parent, text.slice(end, match.index), style);
    if (match[2] === "m" && !PRIVATE.test(match[1])) applyCodes(style, match[1]);
    end = match.index + match[0].length;
  }
  appendStyled(parent, text.slice(end), style);
}

function appendStyled(parent, text, { classes, colours }) {
  const clean = text.replace(CONTROL, "");
  if (!clean) return;
  if (!classes.size && !colours.fg && !colours.bg) return void parent.append(clean);
  const span = document.createElement("span");
  span.className = [...classes].join(" ");
  const foreground = colours.fg ?? (colours.bg && ![...classes].some((name) => /^fg/.test(name)) && inkOn(colours.bg));
  if (foreground) span.style.color = foreground;
  if (colours.bg) span.style.backgroundColor = colours.bg;
  span.textContent = clean;
  parent.append(span);
}

/// What can be read on a colour that knows nothing of the theme, by its luma (ITU-R BT.601).
function inkOn(colour) {
  const [red, green, blue] = colour.match(/\d+/g).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#000" : "#fff";
}

const ON = { 1: "bold", 2: "faint", 3: "italic", 4: "underline", 7: "inverse", 9: "strike" };
const OFF = { 22: ["bold", "faint"], 23: ["italic"], 24: ["underline"], 27: ["inverse"], 29: ["strike"] };

function applyCodes(style, parameters) {
  const codes = parameters.split(/[;:]/).map(Number);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) { style.classes.clear(); style.colours = {}; }
    else if (ON[code]) style.classes.add(ON[code]);
    else if (OFF[code]) OFF[code].forEach((name) => style.classes.delete(name));
    else if (code >= 30 && code <= 37) setColour(style, "fg", code - 30);
    else if (code >= 90 && code <= 97) setColour(style, "fg", code - 82);
    else if (code >= 40 && code <= 47) setColour(style, "bg", code - 40);
    else if (code >= 100 && code <= 107) setColour(style, "bg", code - 92);
    else if (code === 39) setColour(style, "fg", null);
    else if (code === 49) setColour(style, "bg", null);
    else if (code === 38 || code === 48) i += setExtended(style, code === 38 ? "fg" : "bg", codes.slice(i + 1));
  }
}

/// One of the 16 named colours, which the stylesheet tunes to the light and the dark theme; `null`: the default.
function setColour(style, layer, index) {
  delete style.colours[layer];
  for (const name of style.classes) if (name.startsWith(layer)) style.classes.delete(name);
  if (index !== null) style.classes.add(`${layer}${index}`);
}

/// 256 colours (`5;N`) and true colour (`2;R;G;B`); returns how many parameters that took.
function setExtended(style, layer, [kind, ...rest]) {
  if (kind === 5) {
    const index = rest[0] & 255;
    setColour(style, layer, index < 16 ? index : null);
    if (index >= 16) style.colours[layer] = paletteColour(index);
    return 2;
  }
  if (kind !== 2) return 1;
  setColour(style, layer, null);
  style.colours[layer] = `rgb(${rest.slice(0, 3).map((value) => value & 255).join(" ")})`;
  return 4;
}

function paletteColour(index) {
  if (index >= 232) return `rgb(${Array(3).fill(8 + (index - 232) * 10).join(" ")})`;
  const level = (step) => (step ? 55 + step * 40 : 0);
  const cube = index - 16;
  return `rgb(${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level).join(" ")})`;
}
