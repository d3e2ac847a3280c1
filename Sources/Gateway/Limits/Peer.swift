import HTTPTypes

/// The other end of a connection.
struct Peer: Sendable {
    /// `nil`: it has no address of the internet.
    let address: IPAddress?
    /// Its address as text; empty if it has none.
    let name: String
    /// The proxies and networks that are trusted, if it is one of them.
    private let trusted: [IPNetwork]?

    /// - Parameter trusted: the networks whose word counts on where a request comes from.
    init(_ address: IPAddress?, trusted: [IPNetwork]) {
        self.address = address
        name = address?.description ?? ""
        let isTrusted = address.map { address in trusted.contains { $0.contains(address) } } ?? false
        self.trusted = isTrusted ? trusted : nil
    }

    /// A trusted proxy: it may speak for many.
    var isProxy: Bool { trusted != nil }

    /// Whom a proxy speaks for with this request; `nil` when it speaks for itself, and for everybody else.
    ///
    /// That is the nearest hop that is not trusted itself: everything behind it may be made up. A proxy that writes one of
    /// the two headers hands on what a client has put into the other: where they disagree nobody knows which is true, and
    /// whoever made one up is told so.
    /// - Throws: ``Problem`` when they disagree.
    func client(forwarded: [String], xForwardedFor: [String]) throws(Problem) -> IPAddress? {
        guard isProxy, !forwarded.isEmpty || !xForwardedFor.isEmpty else { return nil }
        if xForwardedFor.isEmpty { return nearest(ForwardedHops(forwarded: forwarded)) }
        let named = nearest(ForwardedHops(xForwardedFor: xForwardedFor))
        guard forwarded.isEmpty || nearest(ForwardedHops(forwarded: forwarded)) == named else {
            throw Problem(
                .badRequest, "contradictory_addresses",
                "Forwarded and X-Forwarded-For name different clients: a proxy takes away what it does not write")
        }
        return named
    }

    /// The nearest hop that is not trusted. When that is not known, the one before it; `nil` when all are trusted.
    private func nearest(_ hops: ForwardedHops) -> IPAddress? {
        var last = address
        for hop in hops {
            guard case .address(let next) = hop else { return last }
            last = next
            guard trusted?.contains(where: { $0.contains(next) }) ?? false else { return next }
        }
        return nil
    }
}
