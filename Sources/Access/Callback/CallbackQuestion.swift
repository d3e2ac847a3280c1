import AsyncHTTPClient
import BrokerCore
import Glibc
import JSONText
import NIOHTTP1

/// What the application is asked.
struct CallbackQuestion: Sendable {
    let action: AccessAction
    let channel: ChannelName
    let cookie: String?
    let address: String

    init(_ action: AccessAction, _ channel: ChannelName, _ identity: Identity) {
        (self.action, self.channel) = (action, channel)
        (cookie, address) = (identity.cookie, identity.address)
    }

    /// What answers are kept by. The address belongs to it, since the application may judge by it.
    struct Key: Hashable, Sendable {
        let action: AccessAction
        let channel: ChannelName
        let cookie: TokenDigest?
        let address: String
    }

    var key: Key { Key(action: action, channel: channel, cookie: cookie.map { TokenDigest($0) }, address: address) }

    /// Where it comes from, as it is counted: an address, of IPv6 the /64, which one host has to itself (RFC 7421).
    var network: String {
        var bytes = in6_addr()
        guard address.contains(":"), inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        return withUnsafeBytes(of: &bytes) { Base64URL.encode($0.prefix(8)) }
    }

    func request(to url: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "accept", value: "application/json")
        if let cookie { request.headers.add(name: "cookie", value: cookie) }
        request.body = .bytes(Array(body.utf8))
        return request
    }

    private var body: String {
        "{\"action\":\"\(action.rawValue)\",\"channel\":\(JSONWriter.string(channel.rawValue)),"
            + "\"address\":\(JSONWriter.string(address))}"
    }
}
