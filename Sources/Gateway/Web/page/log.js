// The log tail: appends in batches, keeps a bounded number of rows, and stays at the end unless the reader scrolls up.

/// Rows that the page keeps, at most; the oldest go first.
export const KEPT_ROWS = 20_000;
/// Rows of one block. The browser lays out and paints only the blocks near the view (`content-visibility`).
const BLOCK_ROWS = 200;
/// Rows that one animation frame appends, at most, so that a backlog does not freeze the page.
const FRAME_ROWS = 1500;
/// How near to the end still counts as the end, in CSS pixels.
const END_SLACK = 32;
/// Between batches while the page is hidden and gets no animation frames, in milliseconds.
const HIDDEN_INTERVAL = 250;

export class LogView {
  /// `makeRow` turns an entry into an element. `changed` is told when the row count or the sticking to the end changes.
  constructor(element, makeRow, changed) {
    Object.assign(this, { element, makeRow, changed });
    element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.stick()).observe(element);
    document.addEventListener("visibilitychange", () => this.scheduled && this.flush());
    this.clear();
  }

  clear() {
    this.element.replaceChildren();
    this.waiting = [];
    this.rows = 0;
    this.dropped = 0;
    this.atEnd = true;
    this.lastTop = 0;
    this.changed(this);
  }

  append(entry) {
    this.waiting.push(entry);
    if (this.waiting.length > 2 * KEPT_ROWS) {
      this.dropped += this.waiting.splice(0, this.waiting.length - KEPT_ROWS).length;
    }
    this.schedule();
  }

  schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    if (document.hidden) setTimeout(() => this.scheduled && this.flush(), HIDDEN_INTERVAL);
    else requestAnimationFrame(() => this.scheduled && this.flush());
  }

  flush() {
    this.scheduled = false;
    for (const entry of this.waiting.splice(0, FRAME_ROWS)) this.lastBlock().append(this.makeRow(entry));
    this.trim();
    this.stick();
    this.changed(this);
    if (this.waiting.length) this.schedule();
  }

  lastBlock() {
    this.rows++;
    const last = this.element.lastElementChild;
    if (last && last.childElementCount < BLOCK_ROWS) return last;
    const block = document.createElement("div");
    block.className = "block";
    this.element.append(block);
    return block;
  }

  trim() {
    while (this.rows > KEPT_ROWS) {
      const block = this.element.firstElementChild;
      this.rows -= block.childElementCount;
      this.dropped += block.childElementCount;
      block.remove();
    }
  }

  stick() {
    if (this.atEnd) this.element.scrollTop = this.element.scrollHeight;
    this.lastTop = this.element.scrollTop;
  }

  /// Only a movement upwards leaves the end: blocks that grow as they are laid out move the end away, too.
  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    const near = scrollHeight - scrollTop - clientHeight <= END_SLACK;
    const was = this.atEnd;
    if (near) this.atEnd = true;
    else if (scrollTop < this.lastTop) this.atEnd = false;
    this.lastTop = scrollTop;
    if (was !== this.atEnd) this.changed(this);
  }

  jumpToEnd() {
    this.atEnd = true;
    this.stick();
    this.changed(this);
  }
}
