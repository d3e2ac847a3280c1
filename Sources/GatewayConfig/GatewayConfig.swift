package import BrokerCore

/// All that an operator may set, valid as a whole. `GatewayConfig()` is the gateway without any configuration.
///
/// A property's initial value is its default; its name in the file, what it may be and what it means stand in
/// ``Schema/keys``, and everything else follows from there.
package struct GatewayConfig: Hashable, Sendable {
    package var listen = Listen()
    package var broker = Broker()
    /// The policy of channels without a namespace of their own, which the other namespaces inherit from.
    package var defaultNamespace = NamespacePolicy()
    /// The other namespaces, by name; each is complete.
    package var namespaces: [String: NamespacePolicy] = [:]
    package var tasks = Tasks()
    package var auth = Auth()
    /// Origins of pages that may use the gateway beside its own, as browsers write them; `*`: all, without credentials.
    package var origins: [String] = []
    /// Publishing by anyone is meant, though other hosts can reach the gateway.
    package var open = false
    /// The addresses and networks of proxies whose word counts on where a request came from.
    package var trustedProxies = ["127.0.0.0/8", "::1/128"]
    package var limits = Limits()
    package var timeouts = Timeouts()
    package var websocket = WebSocket()
    /// What is worth it is compressed for those who take it.
    package var compression = true
    /// The silence on a stream after which a comment shows readers and proxies that it is alive.
    package var heartbeat = Duration.seconds(15)
    /// How long a shutdown may take: streams end spread over this time.
    package var drain = Duration.seconds(10)
    package var log = Log()
    package var hub = Hub()

    package init() {}

    package struct Listen: Hashable, Sendable {
        package var host = "127.0.0.1"
        /// 0: any free port.
        package var port = 8080
        /// The files of the certificate chain and of its key, as PEM; both or none.
        package var tls = TLS()
        /// HTTP/2 is spoken beside HTTP/1.1.
        package var http2 = true

        /// Of the gateway's own address.
        package var scheme: String { tls.certificate == nil ? "http" : "https" }

        package struct TLS: Hashable, Sendable {
            package var certificate: String?
            package var key: String?
        }
    }

    package struct Broker: Hashable, Sendable {
        /// May hold a password: show ``Secrets/mask(_:)`` of it.
        package var url = "memory:"
        package var memory = Memory()
        package var redis = Redis()
        package var postgres = Postgres()

        package struct Redis: Hashable, Sendable {
            /// What the keys, pub/sub channels and functions of a Redis broker begin with, unless its URL says another.
            package var prefix = "telltale:"
        }

        package struct Postgres: Hashable, Sendable {
            /// Where announcements are listened for; `nil`: at ``Broker/url``. May hold a password, as that may.
            package var listenURL: String?
            /// The schema that holds tables and functions.
            package var schema = "telltale"
            package var publish = PostgresPublishing.notify
        }

        package struct Memory: Hashable, Sendable {
            /// What all channels of the memory broker together may hold, in bytes.
            package var bytes = 1 << 30
        }
    }

    package struct Tasks: Hashable, Sendable {
        package var namespace = "task"
    }

    package struct Log: Hashable, Sendable {
        package var level = LogLevel.info
        package var format = LogFormat.text
    }

    package struct Hub: Hashable, Sendable {
        /// Threads that serve streams; 0: one a processor.
        package var shards = 0
        package var sockets = HubSockets.ring
    }

    /// What the broker is told about the channels that it keeps.
    package var brokerSettings: BrokerSettings {
        BrokerSettings(
            retention: defaultNamespace.history, namespaces: namespaces.mapValues(\.history),
            messageBytes: limits.messageBytes, taskNamespace: tasks.namespace)
    }
}
