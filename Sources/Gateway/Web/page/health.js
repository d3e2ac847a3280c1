// How the broker and this gateway do: four figures with their last two minutes.

import { askReadiness, readCounters } from "./api.js";
import { element, setText } from "./dom.js";
import { Rate, Series, every, rateText } from "./sampling.js";
import { drawSpark, makeSpark } from "./spark.js";

/// Between two questions, in milliseconds.
const INTERVAL = 2000;

const tiles = {
  broker: { label: "Broker", unit: "round trip", series: new Series(), least: 20 },
  readers: { label: "Readers", unit: "connected here", series: new Series(), least: 4 },
  published: { label: "Published", unit: "messages/s here", series: new Rate(), least: 4 },
  delivered: { label: "Delivered", unit: "messages/s here", series: new Rate(), least: 4 },
};

/// Fills `place` with the figures and keeps them; `light` in the page's head says whether all is well.
export function watchHealth(place, light) {
  for (const tile of Object.values(tiles)) place.append(makeTile(tile));
  every(INTERVAL, async () => {
    await Promise.all([showReadiness(light), showCounters().catch(() => {})]);
  });
}

function makeTile(tile) {
  tile.value = element("span", "value", "–");
  tile.note = element("span", "unit", tile.unit);
  tile.chart = makeSpark();
  tile.element = element("div", "tile", element("h2", "", tile.label), element("p", "", tile.value, tile.note), tile.chart);
  return tile.element;
}

function show(tile, text, note = tile.unit) {
  setText(tile.value, text);
  setText(tile.note, note);
  drawSpark(tile.chart, tile.series.values, tile.least);
}

async function showReadiness(light) {
  const { broker } = tiles;
  try {
    broker.series.add(await askReadiness());
    const { last } = broker.series;
    show(broker, "Ready", `${last < 10 ? last.toFixed(1) : Math.round(last)} ms round trip`);
    tellLight(light, "good", "Broker ready");
  } catch (problem) {
    const isAway = problem.status === 0;
    show(broker, isAway ? "Away" : "Not ready", problem.message);
    tellLight(light, "bad", isAway ? "Gateway away" : "Broker not ready");
  }
  broker.element.classList.toggle("bad", light.classList.contains("bad"));
}

function tellLight(light, kind, text) {
  light.className = `light ${kind}`;
  setText(light, text);
}

async function showCounters() {
  const counters = await readCounters();
  const { readers, published, delivered } = tiles;
  readers.series.add(counters.sessions);
  published.series.count(counters.published_total);
  delivered.series.count(counters.delivered_total);
  show(readers, counters.sessions.toLocaleString("en-GB"));
  for (const tile of [published, delivered]) show(tile, rateText(tile.series.last));
}
