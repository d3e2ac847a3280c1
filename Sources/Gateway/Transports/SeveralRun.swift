import BrokerCore
import Hub

/// What a run is to readers of several channels, whose ids name all of them: composed once for those who stand at the same places,
/// which most do who follow the same channels.
final class SeveralRun {
    /// The way over some messages, from the places where a reader stood to those where he stands then.
    struct Stride {
        let indices: Range<Int>
        let start: [ChannelName: Position]
        let end: [ChannelName: Position]
        /// The messages with their ids.
        let run: EncodedRun
    }

    /// Strides that are kept; who stands elsewhere is given what is his own.
    private static let maximumStrides = 8
    /// What the kept ones may take before one more, in bytes.
    private static let maximumBytes = 64 << 10

    private var strides: [Stride] = []
    private var keptBytes = 0

    /// The stride over these messages of a channel that begins at these places; `nil` if it is not kept, and no more are.
    static func stride(
        _ run: EncodedRun, _ indices: Range<Int>, on channel: ChannelName, from start: [ChannelName: Position]
    ) -> Stride? {
        run.companion { SeveralRun() }.stride(run, indices, on: channel, from: start)
    }

    private func stride(
        _ run: EncodedRun, _ indices: Range<Int>, on channel: ChannelName, from start: [ChannelName: Position]
    ) -> Stride? {
        // Readers share the places where a stride has brought them, so that mostly nothing is compared but where they are kept.
        for stride in strides where stride.indices == indices && stride.start == start { return stride }
        guard strides.count < Self.maximumStrides, keptBytes + run.segment(indices).count <= Self.maximumBytes else {
            return nil
        }
        let stride = Self.compose(run, indices, on: channel, from: start)
        strides.append(stride)
        keptBytes += stride.run.bytes.count
        return stride
    }

    private static func compose(
        _ run: EncodedRun, _ indices: Range<Int>, on channel: ChannelName, from start: [ChannelName: Position]
    ) -> Stride {
        var end = start
        let composed = EncodedRun(run, indices) { index, writer in
            end[channel] = run.position(index)
            writer.append(idOf: end, moved: channel)
        }
        return Stride(indices: indices, start: start, end: end, run: composed)
    }
}
