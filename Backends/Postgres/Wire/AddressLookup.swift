import BrokerCore
import BrokerSupport
import Glibc

/// Looks up the addresses of a host, on a thread of its own: the system's resolver blocks, for as long as it likes.
enum AddressLookup {
    /// Addresses of a host that are tried, at most.
    static let maximumAddresses = 8
    /// Look-ups of this process that are under way, also those that no one waits for any more.
    static let maximumUnderWay = 16

    /// Why there are none, in words.
    struct Failure: Error {
        let words: String
    }

    typealias Answer = Result<[String], Failure>

    private static let underWay = Locked(0)

    /// In the order in which they are to be tried.
    static func addresses(of host: String, within timeout: Duration) async -> Answer {
        if isAddress(host) { return .success([host]) }
        let isFree = underWay.withLock { count in
            guard count < maximumUnderWay else { return false }
            count += 1
            return true
        }
        guard isFree else { return .failure(Failure(words: "\(maximumUnderWay) look-ups are under way")) }
        return await withCheckedContinuation { continuation in
            let waiting = Locked<CheckedContinuation<Answer, Never>?>(continuation)
            let give: @Sendable (Answer) -> Void = { answer in
                waiting.withLock { $0.take() }?.resume(returning: answer)
            }
            let timer = Task {
                try? await Task.sleep(for: timeout)
                give(.failure(Failure(words: "no answer within \(timeout.spelled)")))
            }
            startThread(named: "pg-lookup") {
                let answer = resolve(host)
                underWay.withLock { $0 -= 1 }
                give(answer)
                timer.cancel()
            }
        }
    }

    private static func isAddress(_ host: String) -> Bool {
        var room = in6_addr()
        return inet_pton(AF_INET, host, &room) == 1 || inet_pton(AF_INET6, host, &room) == 1
    }

    private static func resolve(_ host: String) -> Answer {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, nil, &hints, &first)
        guard failure == 0 else { return .failure(Failure(words: String(cString: gai_strerror(failure)))) }
        defer { freeaddrinfo(first) }
        return .success(
            sequence(first: first) { $0?.pointee.ai_next }.prefix { $0 != nil }.prefix(maximumAddresses)
                .compactMap { $0.flatMap { text(of: $0.pointee) } })
    }

    private static func text(of info: addrinfo) -> String? {
        var room = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let failure = getnameinfo(
            info.ai_addr, info.ai_addrlen, &room, socklen_t(room.count), nil, 0, NI_NUMERICHOST)
        return failure == 0 ? room.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } : nil
    }
}
