/// Why a WebSocket connection ends (RFC 6455 §7.4).
package struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let normal = Self(rawValue: 1000)
    package static let goingAway = Self(rawValue: 1001)
    package static let protocolError = Self(rawValue: 1002)
    package static let unsupportedData = Self(rawValue: 1003)
    /// Text that is no UTF-8.
    package static let invalidPayload = Self(rawValue: 1007)
    package static let messageTooBig = Self(rawValue: 1009)
    /// The gateway can't say now whether it may (IANA's registry).
    package static let tryAgainLater = Self(rawValue: 1013)
    /// The gateway's own: the request was wrong.
    package static let badRequest = Self(rawValue: 4400)
    /// The gateway's own: a token is missing, does not hold, or has expired.
    package static let unauthorized = Self(rawValue: 4401)
    /// The gateway's own: the token does not allow it.
    package static let forbidden = Self(rawValue: 4403)
    /// The gateway's own: more was asked for than is allowed.
    package static let tooMany = Self(rawValue: 4429)
    /// The gateway's own: no pong came.
    package static let noPong = Self(rawValue: 4408)

    /// A close frame may carry it: the codes that RFC 6455 defines for the wire, the three that IANA has registered
    /// since, and those of libraries and applications.
    package var isAllowedOnTheWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
