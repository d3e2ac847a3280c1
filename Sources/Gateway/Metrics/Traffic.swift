import Synchronization

/// What the connections take that speak HTTP, outside of the streams that some of them become: bytes, of TLS what is inside.
final class Traffic: Sendable {
    /// Which HTTP a connection speaks.
    enum Kind: String, CaseIterable, Sendable {
        case http, http2
    }

    private let received = Atomic<UInt64>(0)
    private let sent = Atomic<UInt64>(0)
    private let http = Atomic<Int>(0)
    private let http2 = Atomic<Int>(0)

    func received(_ bytes: Int) { received.add(UInt64(bytes), ordering: .relaxed) }
    func sent(_ bytes: Int) { sent.add(UInt64(bytes), ordering: .relaxed) }

    /// - Parameter count: 1 for a connection that begins, −1 for one that ends or becomes a stream.
    func connections(_ kind: Kind, _ count: Int) {
        switch kind {
        case .http: http.add(count, ordering: .relaxed)
        case .http2: http2.add(count, ordering: .relaxed)
        }
    }

    var bytesReceived: UInt64 { received.load(ordering: .relaxed) }
    var bytesSent: UInt64 { sent.load(ordering: .relaxed) }
    /// Connections there are, by kind.
    var connections: [(kind: Kind, count: Int)] {
        [(.http, http.load(ordering: .relaxed)), (.http2, http2.load(ordering: .relaxed))]
    }
}
