// What is asked for again and again while the page is looked at, and the last values of it.

/// Values that a chart shows.
export const SAMPLES = 60;
/// After a failure the next question waits this many times as long.
const SLOWER = 3;

/// Asks now and then every `interval` milliseconds, one at a time, but not while the page is hidden. Returns what asks at once.
export function every(interval, ask) {
  let timer, asking = false, isWanted = false;
  async function turn() {
    clearTimeout(timer);
    if (asking) return void (isWanted = true);
    if (document.hidden) return;
    asking = true;
    let wait = interval;
    try {
      await ask();
    } catch {
      wait *= SLOWER;
    }
    asking = false;
    timer = setTimeout(turn, isWanted ? 0 : wait);
    isWanted = false;
  }
  document.addEventListener("visibilitychange", () => !document.hidden && turn());
  turn();
  return turn;
}

/// The last values of something that is measured.
export class Series {
  values = [];

  add(value) {
    this.values.push(value);
    if (this.values.length > SAMPLES) this.values.shift();
  }

  get last() { return this.values.at(-1) ?? 0; }
}

/// A counter as values a second. One that falls began anew.
export class Rate extends Series {
  count(total, now = performance.now()) {
    if (this.total !== undefined && now > this.time) {
      this.add(Math.max(0, total - (total < this.total ? 0 : this.total)) / ((now - this.time) / 1000));
    }
    [this.total, this.time] = [total, now];
  }
}

export const rateText = (value) => (value === 0 ? "0" : value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en-GB"));
