import Access
import BrokerCore

/// Who is at the other end of a WebSocket: known from the request, or told by the first message.
struct WebSocketAccess: Sendable {
    /// For how long a connection that needs a token may be without one, in seconds.
    static let patience: UInt32 = 10

    let gate: Gate
    /// What the request has shown, for the application that is asked.
    private let credentials: Credentials
    private(set) var identity: Identity
    /// The query's channels need a token that has not come yet.
    private(set) var isWaiting: Bool
    private var expiry: StreamExpiry
    private let limits: TrafficLimits
    /// The connection is counted to the token's subject while this is kept.
    private var hold: Hold?
    private var patienceEnds = UInt32.max
    /// What the connection follows, as far as it was asked about.
    var followed: Set<ChannelName> = []

    /// - Parameter channels: what the connection is to follow from the start.
    /// - Throws: ``Problem`` when its token does not hold, or does not allow them. Without a token there is nothing against the
    ///   connection yet.
    init(_ credentials: Credentials, _ channels: [ChannelName], _ gate: Gate, _ limits: TrafficLimits)
        async throws(Problem)
    {
        self.gate = gate
        self.limits = limits
        self.credentials = credentials
        identity = try await gate.identify(credentials)
        expiry = StreamExpiry(identity, by: gate.control)
        hold = try limits.admitStream(of: identity)
        do throws(Problem) {
            try await Caller(gate: gate, identity: identity, address: credentials.address).requireAll(
                .subscribe, channels)
            isWaiting = channels.isEmpty && identity.isAnonymous && gate.needsTokens
        } catch {
            guard identity.isAnonymous, error.code == "token_missing" else { throw error }
            isWaiting = true
        }
    }

    var caller: Caller { Caller(gate: gate, identity: identity, address: credentials.address) }

    /// Who shows this token, if that one may follow these channels.
    func identify(_ token: String, following channels: [ChannelName]) async throws(Problem) -> Identity {
        var shown = credentials
        shown.token = token
        let identity = try await gate.identify(shown)
        try await Caller(gate: gate, identity: identity, address: credentials.address).requireAll(.subscribe, channels)
        return identity
    }

    mutating func begin(_ now: UInt32) {
        expiry.begin(now)
        if isWaiting { patienceEnds = now + Self.patience }
    }

    /// From now on it is this one.
    /// - Throws: ``Problem`` when that one has too many streams; then it is who it was.
    mutating func become(_ identity: Identity, _ now: UInt32) throws(Problem) {
        if self.identity.publisher != identity.publisher { hold = try limits.admitStream(of: identity) }
        self.identity = identity
        isWaiting = false
        patienceEnds = .max
        expiry = StreamExpiry(identity, by: gate.control)
        expiry.begin(now)
    }

    /// The second in which something is to be done about it.
    var second: UInt32 { min(expiry.second, patienceEnds) }

    /// What ends the connection now.
    func problem(_ now: UInt32) -> Problem? {
        expiry.problem(now) ?? (now >= patienceEnds ? .tokenMissing : nil)
    }
}
