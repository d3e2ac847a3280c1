package import BrokerCore
package import Logging
import MemoryBroker
import RedisBroker

/// From a broker's URL to the broker. The only place that names the backends.
package struct BrokerRegistry: Sendable {
    /// The schemes that a broker URL may have.
    package static let schemes = [MemoryBackend.scheme] + RedisBackend.schemes

    package var settings: BrokerSettings
    /// What a `memory:` broker holds at most, in bytes.
    package var memoryCapacity: Int
    /// What the keys of a Redis broker begin with whose URL does not say it; `nil`: as the product does.
    package var redisPrefix: String?
    /// Where brokers say what an operator should know.
    package var logger: Logger

    package init(
        settings: BrokerSettings = BrokerSettings(), memoryCapacity: Int = MemoryStore.defaultCapacity,
        redisPrefix: String? = nil,
        logger: Logger = Logger(label: "broker") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.settings = settings
        self.memoryCapacity = memoryCapacity
        self.redisPrefix = redisPrefix
        self.logger = logger
    }

    /// The broker that `url` names. Nothing is connected yet. Each call with `memory:` gives a new, empty one; handles opened on one
    /// share it.
    /// - Throws: ``BrokerURLError`` when the URL names none.
    package func backend(for url: String) throws(BrokerURLError) -> any BrokerBackend {
        // What is no scheme (RFC 3986, section 3.1) may be a password, and is not shown.
        guard let colon = url.firstIndex(of: ":"),
            url[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
        else { throw BrokerURLError(kind: "the broker URL has no scheme") }
        let scheme = url[..<colon].lowercased()
        switch scheme {
        case MemoryBackend.scheme: return try memory(url[colon...])
        case _ where RedisBackend.schemes.contains(scheme): return try redis(scheme, scheme + url[colon...])
        default: throw BrokerURLError(kind: "\"\(scheme.prefix(32)):\" is no known kind of broker")
        }
    }

    private func memory(_ rest: Substring) throws(BrokerURLError) -> MemoryBackend {
        guard rest == ":" else { throw BrokerURLError("nothing may follow \"memory:\"") }
        let (settings, capacity) = (settings, memoryCapacity)
        return MemoryBackend { MemoryStore(settings: settings, capacity: capacity) }
    }

    private func redis(_ scheme: String, _ url: String) throws(BrokerURLError) -> RedisBackend {
        do throws(RedisURLError) {
            return RedisBackend(
                scheme: scheme, url: try RedisURL(url, prefix: redisPrefix), settings: settings, logger: logger)
        } catch {
            throw BrokerURLError("\(error)")
        }
    }
}
