import BrokerCore
import BrokerSupport

/// Writes a channel under a key of its own, in the form in which it will be read, and then renames that.
final class RedisRestoration: ChannelRestoration {
    /// How long after the last write the key of a copy that was killed is gone.
    private static let patience = Duration.seconds(600)

    /// What is written so far.
    fileprivate struct Progress {
        var logged = 0
        /// Bytes of data in the log.
        var bytes = 0
        var retained = 0
        var keys = 0
        /// The message with the highest offset.
        var newest: Announcement?

        var isEmpty: Bool { logged + retained + keys == 0 }
    }

    private let channel: ChannelName
    private let servers: TransferServers
    private let stagingKey: String
    private let progress = Locked(Progress())

    init(channel: ChannelName, servers: TransferServers) {
        self.channel = channel
        self.servers = servers
        stagingKey = servers.library.stagingKey(of: channel, token: .random())
    }

    func add(_ items: [TransferItem]) async throws(BrokerError) {
        let hasKeys = items.contains { if case .key = $0 { true } else { false } }
        let now = hasKeys ? try await time() : 0
        let words = progress.withLock { progress in items.flatMap { progress.fields(of: $0, now: now) } }
        guard !words.isEmpty else { return }
        let patience = String(Self.patience.wholeMilliseconds)
        try await servers.ask(
            [Command(["HSET", stagingKey] + words), Command("PEXPIRE", stagingKey, patience)], of: channel)
    }

    func commit(_ head: ChannelHead, replacing replaced: Position?) async throws(BrokerError) -> Bool {
        let progress = progress.withLock { $0 }
        var arguments = [replaced?.epoch.rawValue ?? "", replaced.map { String($0.offset) } ?? ""]
        arguments += [progress.isEmpty ? "0" : "1", String(max(head.life.wholeMilliseconds, 1))]
        arguments += [servers.announce, announcement(of: progress.newest, head), "e", head.epoch.rawValue]
        arguments += ["t", String(head.top), "cp", String(head.top), "r", String(head.trimmed)]
        arguments += ["b", String(progress.bytes), "lo", "1", "hi", String(progress.logged)]
        if head.closed { arguments += ["c", "1"] }
        if let fence = head.fence { arguments += ["f", String(fence)] }
        if progress.retained > 0 { arguments += ["kn", String(progress.retained)] }
        if progress.keys > 0 { arguments += ["jl", "1", "jh", String(progress.keys)] }
        if !head.predecessors.isEmpty {
            arguments += ["a", head.predecessors.map(\.description).joined(separator: " ")]
        }
        let keys = [stagingKey, servers.library.key(of: channel)]
        let answers = try await servers.ask([TransferScript.restore.command(keys: keys, arguments)], of: channel)
        return answers[0].integer == 1
    }

    func abandon() async {
        _ = try? await servers.ask([Command("UNLINK", stagingKey)], of: channel)
    }

    /// The newest message, for readers who have the channel attached.
    private func announcement(of newest: Announcement?, _ head: ChannelHead) -> String {
        guard let newest, newest.message.offset == head.top else { return "" }
        return "+\(head.epoch)\n\(newest.record)"
    }

    /// The server's clock, in milliseconds since 1970.
    private func time() async throws(BrokerError) -> Int64 {
        let words = try await servers.ask([Command("TIME")], of: channel)[0].array ?? []
        guard words.count == 2, let seconds = words[0].integer, let microseconds = words[1].integer else {
            throw .unavailable(reason: "the server answered TIME with something else")
        }
        return seconds * 1000 + microseconds / 1000
    }
}

extension RedisRestoration.Progress {
    /// Counts the item in. Returns the fields that hold it, each with its value.
    fileprivate mutating func fields(of item: TransferItem, now: Int64) -> [String] {
        switch item {
        case .logged(let announcement):
            logged += 1
            bytes += announcement.message.data.utf8.count
            note(announcement)
            return [String(logged), announcement.record]
        case .retained(let announcement):
            guard let key = announcement.message.retain else { return [] }
            retained += 1
            note(announcement)
            return ["K\(retained)", key.rawValue, "k:\(key)", announcement.record]
        case .key(let key, let offset, let age):
            keys += 1
            let time = now - age.wholeMilliseconds
            return ["J\(keys)", "\(time) \(key)", "i:\(key)", "\(offset) \(time)"]
        }
    }

    private mutating func note(_ announcement: Announcement) {
        if announcement.message.offset > newest?.message.offset ?? 0 { newest = announcement }
    }
}
