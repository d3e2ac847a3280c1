// A log of any length: its rows stand in blocks, and only the blocks near the view hold elements. It stays at the end unless
// the reader scrolls up.

import { element, part } from "./dom.js";

/// Rows that are kept, at most; the oldest go first.
export const KEPT_ROWS = 100_000;
/// Rows of one block: what is made or dropped at once.
const BLOCK_ROWS = 64;
/// How far beyond the view blocks hold elements, in CSS pixels.
const NEAR = 400;
/// How near to the end still counts as the end, in CSS pixels.
const END_SLACK = 32;
/// Height of a row before any was measured, in CSS pixels.
const FIRST_GUESS = 20;
/// Between batches while the page is hidden and gets no animation frames, in milliseconds.
const HIDDEN_INTERVAL = 250;

/// A run of rows. Without elements it keeps the height that they had, or that they are thought to have.
class Block {
  entries = [];
  shown = 0;
  element = element("div", "block");

  get isFull() { return this.entries.length >= BLOCK_ROWS; }

  show(makeRow) {
    if (!this.shown) this.element.style.height = "";
    if (this.shown < this.entries.length) this.element.append(...this.entries.slice(this.shown).map(makeRow));
    this.shown = this.entries.length;
  }

  hide(height) {
    this.element.style.height = `${height}px`;
    this.element.replaceChildren();
    this.shown = 0;
  }
}

export class LogView {
  /// `makeRow` turns an entry into an element. `changed` is told when the number of rows or the sticking to the end changes.
  constructor(makeRow, label, changed = () => {}) {
    Object.assign(this, { makeRow, changed: () => {} });
    // A log of a hundred lines a second is not to be read aloud: the role tells what it is, and it is read on demand.
    this.element = part("div", "log", { role: "log", "aria-live": "off", "aria-label": label, tabindex: "0" });
    this.jump = part("button", "jump", { type: "button", hidden: "" }, "Newest");
    this.frame = part("div", "log-frame", {}, this.element, this.jump);
    this.element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.jump.addEventListener("click", () => this.jumpToEnd());
    new ResizeObserver(() => this.render()).observe(this.element);
    this.clear();
    this.changed = changed;
  }

  clear() {
    this.element.replaceChildren();
    Object.assign(this, { blocks: [], filled: new Set(), waiting: [], rows: 0, dropped: 0 });
    Object.assign(this, { atEnd: true, lastTop: 0, rowHeight: FIRST_GUESS });
    this.tell();
  }

  append(entry) {
    this.waiting.push(entry);
    if (this.waiting.length >= 2 * KEPT_ROWS) this.dropped += this.waiting.splice(0, KEPT_ROWS).length;
    if (this.scheduled) return;
    this.scheduled = true;
    const flush = () => this.scheduled && this.flush();
    if (document.hidden) setTimeout(flush, HIDDEN_INTERVAL);
    else requestAnimationFrame(flush), setTimeout(flush, HIDDEN_INTERVAL);
  }

  flush() {
    this.scheduled = false;
    const grown = new Set();
    for (const entry of this.waiting.splice(0)) {
      if (!this.blocks.length || this.blocks.at(-1).isFull) this.blocks.push(new Block());
      const last = this.blocks.at(-1);
      last.entries.push(entry);
      grown.add(last);
      this.rows++;
    }
    for (const block of grown) if (!block.shown) block.hide(block.entries.length * this.rowHeight);
    this.element.append(...[...grown].filter(({ element }) => !element.parentNode).map(({ element }) => element));
    this.trim();
    this.render();
    this.tell();
  }

  trim() {
    while (this.rows > KEPT_ROWS) {
      const block = this.blocks.shift();
      this.rows -= block.entries.length;
      this.dropped += block.entries.length;
      block.element.remove();
      this.filled.delete(block);
    }
  }

  /// Gives the blocks near the view their elements, and takes them from the others.
  render() {
    const [first, last] = this.atEnd ? this.rangeAtEnd() : this.rangeInView();
    const near = new Set(this.blocks.slice(first, last + 1));
    this.measure();
    for (const block of this.filled) if (!near.has(block)) block.hide(block.height);
    for (const block of near) block.show(this.makeRow);
    this.filled = near;
    if (!this.atEnd) return;
    this.element.scrollTop = this.element.scrollHeight;
    this.lastTop = this.element.scrollTop;
  }

  /// Reads all heights before anything is changed, so that the browser lays out once.
  measure() {
    for (const block of this.filled) {
      block.height = block.element.offsetHeight;
      if (block.height && block.shown === block.entries.length) this.rowHeight = block.height / block.shown;
    }
  }

  rangeAtEnd() {
    let room = this.element.clientHeight + NEAR;
    let first = this.blocks.length;
    while (first > 0 && room > 0) room -= this.blocks[--first].entries.length * this.rowHeight;
    return [first, this.blocks.length - 1];
  }

  rangeInView() {
    const { scrollTop, clientHeight } = this.element;
    return [this.blockAt(scrollTop - NEAR), this.blockAt(scrollTop + clientHeight + NEAR)];
  }

  /// The last block that begins above this height.
  blockAt(height) {
    let [low, high] = [0, this.blocks.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.blocks[middle].element.offsetTop <= height) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /// Only a movement upwards leaves the end: blocks that grow as they get elements move the end away, too.
  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    const was = this.atEnd;
    if (scrollHeight - scrollTop - clientHeight <= END_SLACK) this.atEnd = true;
    else if (scrollTop < this.lastTop) this.atEnd = false;
    this.lastTop = scrollTop;
    if (!this.atEnd) this.render();
    if (was !== this.atEnd) this.tell();
  }

  jumpToEnd() {
    this.atEnd = true;
    this.render();
    this.tell();
    this.element.focus({ preventScroll: true });
  }

  tell() {
    this.jump.hidden = this.atEnd;
    this.changed(this);
  }
}
