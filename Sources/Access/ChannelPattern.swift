import BrokerCore

/// Which channels a token speaks of: a channel's name, or what such names begin with and then `*`.
///
/// `{sub}` in it stands for the token's subject. A pattern that is none, or that speaks of a subject that could pass for
/// more than one part of a name, is `nil`: it allows nothing.
enum ChannelPattern: Hashable, Sendable {
    case exactly(String)
    /// One or more bytes have to follow.
    case beginning(String)

    private static let subjectMark = "{sub}"
    private static let subjectPunctuation = Set("_-=@,.;~+".utf8)

    init?(_ text: String, subject: String?) {
        let isBeginning = text.utf8.last == UInt8(ascii: "*")
        guard
            let name = Self.substitute(
                subject, in: String(decoding: text.utf8.dropLast(isBeginning ? 1 : 0), as: UTF8.self))
        else { return nil }
        if isBeginning, name.isEmpty {
            self = .beginning("")
        } else if let channel = try? ChannelName(name) {
            self = isBeginning ? .beginning(channel.rawValue) : .exactly(channel.rawValue)
        } else {
            return nil
        }
    }

    func matches(_ channel: ChannelName) -> Bool {
        let name = channel.rawValue.utf8
        return switch self {
        case .exactly(let other): name.elementsEqual(other.utf8)
        case .beginning(let start): name.count > start.utf8.count && name.starts(with: start.utf8)
        }
    }

    private static func substitute(_ subject: String?, in text: String) -> String? {
        let parts = text.split(separator: subjectMark, omittingEmptySubsequences: false)
        guard parts.count > 1 else { return text }
        guard let subject, isOnePart(subject) else { return nil }
        return parts.joined(separator: subject)
    }

    /// A subject with a colon or a slash would reach into another's channels, one with `*` into everybody's.
    private static func isOnePart(_ subject: String) -> Bool {
        !subject.isEmpty
            && subject.utf8.allSatisfy { byte in
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                    || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || subjectPunctuation.contains(byte)
            }
    }
}
