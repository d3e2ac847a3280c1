// Where a reader stands, so that no message is shown twice and none is missing without a word.

/// Before the first message of any channel.
const NOWHERE = "0";

export class Cursor {
  /// `announceGap` is told of a change of epoch that the gateway has not spoken of.
  constructor(announceGap) {
    this.announceGap = announceGap;
    this.epoch = null;
    this.offset = 0;
  }

  /// The position to resume after; `null` before the gateway has said where the stream starts.
  get position() {
    return this.epoch === null ? null : `${this.epoch}:${this.offset}`;
  }

  /// The gateway says where the stream starts. On a reconnect the reader keeps its own place.
  open(epoch, offset) {
    if (this.epoch === null) [this.epoch, this.offset] = [epoch, offset];
  }

  /// The gateway says that something is missing, and from where on nothing is.
  jump({ epoch, have_from }) {
    [this.epoch, this.offset] = [epoch, Math.max(0, (have_from ?? 1) - 1)];
  }

  /// Whether this message comes after all that were accepted.
  accept(epoch, offset) {
    if (epoch === this.epoch && offset <= this.offset) return false;
    if (this.epoch !== null && this.epoch !== NOWHERE && epoch !== this.epoch) {
      this.announceGap({ asked: this.position, epoch, have_from: offset, reason: "epoch" });
    }
    [this.epoch, this.offset] = [epoch, offset];
    return true;
  }

  /// Whether messages are missing between the last accepted one and this.
  leavesHole(epoch, offset) {
    return epoch === this.epoch && offset > this.offset + 1;
  }
}

export function parsePosition(text) {
  const at = text.lastIndexOf(":");
  return [text.slice(0, at), Number(text.slice(at + 1))];
}
