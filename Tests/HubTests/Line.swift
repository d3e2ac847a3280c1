import BrokerCore
import Hub

/// What a reader of the tests is told, a line of text each.
enum Line: Hashable {
    case open(start: Position, top: UInt64, isComplete: Bool)
    case message(Position, String)
    case gap(asked: Position, epoch: Epoch, haveFrom: UInt64, Gap.Reason)
    case end(EndReason)
    case said(String)

    init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        switch words.first {
        case "open" where words.count == 4:
            guard let start = try? Position(words[1]), let top = UInt64(words[2]) else { return nil }
            self = .open(start: start, top: top, isComplete: words[3] == "complete")
        case "m" where words.count == 3:
            guard let position = try? Position(words[1]) else { return nil }
            self = .message(position, words[2])
        case "gap" where words.count == 5:
            guard let asked = try? Position(words[1]), let epoch = Epoch(words[2]), let from = UInt64(words[3]),
                let reason = Gap.Reason(rawValue: words[4])
            else { return nil }
            self = .gap(asked: asked, epoch: epoch, haveFrom: from, reason)
        case "end" where words.count == 2:
            guard let reason = EndReason(rawValue: words[1]) else { return nil }
            self = .end(reason)
        case "said" where words.count == 2:
            self = .said(words[1])
        default: return nil
        }
    }

    var offset: UInt64? {
        if case .message(let position, _) = self { position.offset } else { nil }
    }
}

/// A message as ``Line`` reads it. Its data must hold no space and no line end.
final class LineForm: WireForm {
    static let shared = LineForm()

    func append(_ message: Message, to writer: inout ByteWriter) {
        writer.append("m ")
        writer.append(message.position.description)
        writer.append(byte: UInt8(ascii: " "))
        writer.append(message.data)
        writer.append("\n")
    }
}

/// Speaks ``Line``s. The reader may say `u` (unsubscribe from everything) and `f` (finish); anything else is said back.
final class LineTransport: Transport {
    private let channels: [(name: ChannelName, start: Start)]
    private let finishesAtEnd: Bool

    init(_ channels: [(name: ChannelName, start: Start)], finishesAtEnd: Bool = false) {
        self.channels = channels
        self.finishesAtEnd = finishesAtEnd
    }

    var form: any WireForm { LineForm.shared }

    func begin(_ session: Session) {
        for channel in channels { _ = session.subscribe(channel.name, from: channel.start) }
    }

    func opened(_ opening: Opening, _ session: Session) {
        let answer = opening.answer
        say("open \(answer.start) \(answer.top) \(opening.isComplete ? "complete" : "incomplete")", session)
    }

    func gap(_ gap: Gap, on _: ChannelName, _ session: Session) {
        say("gap \(gap.asked) \(gap.epoch) \(gap.haveFrom) \(gap.reason.rawValue)", session)
    }

    func ended(_: ChannelName, _ reason: EndReason, _ session: Session) {
        say("end \(reason.rawValue)", session)
        if finishesAtEnd, session.channelCount == 0 { session.finish() }
    }

    func receive(_ bytes: UnsafeMutableRawBufferPointer, _ session: Session) {
        let text = String(decoding: bytes, as: UTF8.self)
        switch text {
        case "u": for channel in channels { _ = session.unsubscribe(channel.name) }
        case "f": return session.finish()
        default: break
        }
        say("said \(text)", session)
    }

    func tick(_ now: UInt32, _: Session) -> UInt32 { now + 30 }

    func shutdown(_ session: Session) {
        say("said bye", session)
        session.finish()
    }

    private func say(_ text: String, _ session: Session) {
        var writer = ByteWriter()
        writer.append(text)
        writer.append("\n")
        session.send(writer.finish())
    }
}

/// Cuts what a reader gets into ``Line``s.
struct LineAssembler {
    private(set) var lines: [Line] = []
    /// What was no line of ours. There must be none.
    private(set) var garbage: [String] = []
    private var rest: [UInt8] = []

    mutating func append(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                rest.append(byte)
                continue
            }
            let text = String(decoding: rest, as: UTF8.self)
            rest.removeAll(keepingCapacity: true)
            if let line = Line(text) { lines.append(line) } else { garbage.append(text) }
        }
    }

    /// Gives away the lines that have come since the last time.
    mutating func take() -> [Line] {
        defer { lines = [] }
        return lines
    }
}
