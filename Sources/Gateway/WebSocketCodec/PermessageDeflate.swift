import Hub

/// The compression of messages, as it was agreed upon for one connection (RFC 7692).
///
/// Neither side may refer to earlier messages: what goes out is compressed once for all readers, and for what comes in nothing is
/// kept between two messages.
package struct PermessageDeflate: Hashable, Sendable {
    /// The window that the client has for what it gets, if it has named one.
    private let clientsLimit: Int32?

    /// The windows that zlib can compress with, as powers of 2: 256 bytes, which RFC 7692 has too, it can't.
    static let allWindowBits: ClosedRange<Int32> = 9...15

    init(windowBits: Int32) { clientsLimit = windowBits }

    /// The window that messages to the client are compressed with, as a power of 2.
    package var windowBits: Int32 { clientsLimit ?? DeflatedPiece.windowBits }

    /// The first of the client's offers that can be accepted; `nil` without one.
    /// - Parameter header: `Sec-WebSocket-Extensions`, all its fields joined by commas.
    package init?(accepting header: String?) {
        guard let header, let offers = ExtensionOffer.offers(header) else { return nil }
        for offer in offers where offer.name == "permessage-deflate" {
            guard let limit = Self.clientsLimit(offer) else { continue }
            clientsLimit = limit
            return
        }
        return nil
    }

    /// The value of `Sec-WebSocket-Extensions` that accepts the offer. A server may ask for no context of the client's unasked
    /// (RFC 7692 §7.1.1.2).
    package var response: String {
        let limit = clientsLimit.map { "; server_max_window_bits=\($0)" } ?? ""
        return "permessage-deflate; server_no_context_takeover; client_no_context_takeover\(limit)"
    }

    /// The message compressed, without the end that the peer puts back (RFC 7692 §7.2.1); `nil` if it goes as it is, because it is
    /// too small for compression to be worth it, or would not be smaller.
    ///
    /// The same message is compressed once for all connections, if it was lately.
    /// - Parameter always: compress it whatever comes of it, and by itself: for trying the codec.
    package func withCompressed<Result>(
        _ message: UnsafeRawBufferPointer, always: Bool = false, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        if always { return Self.withoutEnd(DeflaterPool.shared.deflate(message, windowBits: windowBits), body) }
        guard message.count >= DeflatedPiece.minimumBytes else { return body(nil) }
        let piece = PieceCache.shared.piece(of: message, windowBits: windowBits)
        guard piece.isSmaller else { return body(nil) }
        return Self.withoutEnd(piece.blocks, body)
    }

    private static func withoutEnd<Result>(
        _ blocks: SharedBytes, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        blocks.withBytes { body(UnsafeRawBufferPointer(rebasing: $0.dropLast(MessageInflation.end.count))) }
    }

    /// What `server_max_window_bits` says, or `.some(nil)` if nothing; `nil` if the offer is to be declined
    /// (RFC 7692 §7.1): a parameter is unknown, comes twice, or has a value that it can't have.
    private static func clientsLimit(_ offer: ExtensionOffer) -> Int32?? {
        var seen: Set<String> = []
        var limit: Int32?
        for parameter in offer.parameters {
            guard seen.insert(parameter.name).inserted else { return nil }
            let value = parameter.value
            switch parameter.name {
            case "server_no_context_takeover", "client_no_context_takeover":
                guard value == nil else { return nil }
            case "client_max_window_bits":
                // Whatever window the client uses is right: ours for what comes in is the largest.
                guard value.map({ windowBits($0) != nil }) ?? true else { return nil }
            case "server_max_window_bits":
                guard let bits = value.flatMap(windowBits), allWindowBits.contains(bits) else { return nil }
                limit = bits
            default: return nil
            }
        }
        return .some(limit)
    }

    /// 8 to 15, without a leading zero (RFC 7692 §7.1.2.1).
    private static func windowBits(_ text: String) -> Int32? {
        (8...15).first { String($0) == text }
    }
}
