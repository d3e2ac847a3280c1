import BrokerCore

/// Plays a script on one broker, and says of each step what came of it, without what may differ between brokers.
struct ScriptPlayer {
    private let session: ConformanceSession
    private let channels: [ChannelName]
    private let followers: [ChannelName: Follower]
    private var trace: Trace
    /// The version of each key, and the offset of each channel, that the last receipt gave.
    private var versions: [ChannelName: [RetainKey: UInt64]] = [:]
    private var tops: [ChannelName: UInt64] = [:]

    init(on session: ConformanceSession) async throws {
        self.session = session
        let channels = try Script.channels.map { try session.run.channel($0.label, in: $0.namespace) }
        self.channels = channels
        followers = Dictionary(uniqueKeysWithValues: zip(channels, try await session.reader.follow(channels)))
        trace = Trace(prefix: session.run.prefix)
    }

    /// What the broker answered and announced, a line each.
    mutating func play(_ step: ScriptStep) async throws -> [String] {
        switch step {
        case .publish(let publications, let byReader):
            return try await publish(publications.map(resolve), on: byReader ? session.reader : session.writer)
        case .recover(let channel, let start, let limit):
            let start = resolve(start, of: channels[channel])
            let recovery = try await session.reader.recover(channels[channel], from: start, limit: limit)
            return trace.lines(of: recovery, on: channels[channel])
        case .inspect(let channel):
            return trace.lines(of: try await session.reader.broker.inspect(channels[channel]))
        case .delete(let channel):
            return try await delete(channels[channel])
        case .list(let prefix, let after, let limit):
            let query = ChannelQuery(
                prefix: session.run.prefix + prefix, after: after.map { channels[$0] }, limit: limit)
            return try await session.reader.broker.list(query).map { trace.line(of: $0) }
        }
    }

    private mutating func publish(_ publications: [Publication], on handle: ConformanceHandle) async throws -> [String]
    {
        var lines: [String] = []
        var newest: [ChannelName: UInt64] = [:]
        for (publication, answer) in zip(publications, try await handle.publish(publications)) {
            lines.append(trace.line(of: answer, on: publication.channel))
            guard case .success(let receipt) = answer, !receipt.duplicate else { continue }
            newest[publication.channel] = receipt.position.offset
            if let key = publication.keeping.key {
                versions[publication.channel, default: [:]][key] = receipt.position.offset
            }
        }
        for channel in channels {
            guard let offset = newest[channel] else { continue }
            tops[channel] = offset
            lines += try await followers[channel]?.announcements(through: offset).map { trace.line(of: $0) } ?? []
        }
        return lines
    }

    private mutating func delete(_ channel: ChannelName) async throws -> [String] {
        guard try await session.writer.broker.delete(channel) else { return ["nothing to delete"] }
        (versions[channel], tops[channel]) = (nil, nil)
        let epoch = try await followers[channel]?.deletion() ?? .none
        return ["deleted \(trace.name(of: epoch, on: channel))"]
    }

    private func resolve(_ publication: ScriptPublication) -> Publication {
        let channel = channels[publication.channel]
        let expect: UInt64? =
            switch publication.expect {
            case .version(let version): version
            case .current: publication.keeping.key.flatMap { versions[channel]?[$0] } ?? 0
            case nil: nil
            }
        return Publication(
            channel: channel, event: publication.event, data: publication.data, format: publication.format,
            keeping: publication.keeping, expect: expect, fence: publication.fence, closes: publication.closes,
            idempotencyKey: publication.idempotencyKey)
    }

    private func resolve(_ start: ScriptStart, of channel: ChannelName) -> Start {
        switch start {
        case .start(let start): return start
        case .known(let livesAgo, let fromTop):
            guard let epoch = trace.epoch(of: channel, livesAgo: livesAgo) else { return .after(.origin) }
            let offset = max(0, Int(tops[channel] ?? 0) + fromTop)
            return .after(Position(epoch: epoch, offset: UInt64(offset)))
        }
    }
}
