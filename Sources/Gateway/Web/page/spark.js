// A small chart: the last values as an area, the newest at the right.

import { SAMPLES } from "./sampling.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, PADDING] = [120, 32, 2];

/// The number stands beside it, so it says nothing to a screen reader.
export function makeSpark() {
  const chart = document.createElementNS(SVG, "svg");
  chart.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  chart.setAttribute("preserveAspectRatio", "none");
  chart.setAttribute("aria-hidden", "true");
  chart.classList.add("spark");
  for (const name of ["area", "line"]) {
    const path = document.createElementNS(SVG, "path");
    path.classList.add(name);
    chart.append(path);
  }
  return chart;
}

/// - Parameter least: what the height stands for at least, so that noise near nothing does not look like a storm.
export function drawSpark(chart, values, least = 1) {
  const highest = Math.max(least, ...values);
  const step = WIDTH / (SAMPLES - 1);
  const left = WIDTH - (values.length - 1) * step;
  const points = values.map((value, index) =>
    `${(left + index * step).toFixed(1)} ${(HEIGHT - PADDING - (value / highest) * (HEIGHT - 2 * PADDING)).toFixed(1)}`);
  const [area, line] = chart.children;
  line.setAttribute("d", points.length > 1 ? `M${points.join("L")}` : "");
  area.setAttribute("d", points.length > 1 ? `M${left.toFixed(1)} ${HEIGHT}L${points.join("L")}L${WIDTH} ${HEIGHT}Z` : "");
}
