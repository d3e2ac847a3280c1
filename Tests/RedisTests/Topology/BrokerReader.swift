import BrokerCore
import RealServers

@testable import RedisBroker

/// Reads channels of a handle as a gateway does: announcements, and the log after each interruption.
actor BrokerReader {
    private struct Reading {
        var position: Position
        var data: [String] = []
        /// How many of them were read before the last gap.
        var before = 0
        /// The recoveries that were not complete, without their messages.
        var gaps: [Recovery] = []
        /// How often it was said to be interrupted.
        var losses = 0

        mutating func take(_ recovery: Recovery) {
            if recovery.gap != nil {
                before = data.count
                var bare = recovery
                bare.messages = []
                gaps.append(bare)
            }
            data += recovery.messages.map(\.data)
            position = recovery.end
        }
    }

    nonisolated let broker: RedisBroker
    private var readings: [ChannelName: Reading] = [:]

    init(_ broker: RedisBroker) { self.broker = broker }

    /// Reads the channels from the beginning on.
    func follow(_ channels: [ChannelName]) async throws {
        for channel in channels { readings[channel] = Reading(position: .origin) }
        try await broker.attach(channels)
        for channel in channels { await recover(channel) }
    }

    func run() async {
        while let events = await broker.events.next() {
            for event in events { await take(event) }
        }
    }

    /// Reads with a handle that is open while `body` runs, and lets it go.
    static func reading(_ broker: RedisBroker, _ body: (BrokerReader) async throws -> Void) async throws {
        let reader = BrokerReader(broker)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await broker.run() }
            group.addTask { await reader.run() }
            defer { group.cancelAll() }
            try await body(reader)
        }
    }

    func data(of channel: ChannelName) -> [String] { readings[channel]?.data ?? [] }
    /// What was read since the last gap.
    func dataSinceGap(of channel: ChannelName) -> [String] {
        readings[channel].map { Array($0.data[$0.before...]) } ?? []
    }
    func gaps(of channel: ChannelName) -> [Recovery] { readings[channel]?.gaps ?? [] }
    func losses(of channel: ChannelName) -> Int { readings[channel]?.losses ?? 0 }

    /// Waits until the channel's newest message that was read is this one.
    func reaches(_ data: String, on channel: ChannelName) async throws {
        try await until("\(data) is read on \(channel)") { self.readings[channel]?.data.last == data }
    }

    private func take(_ event: BrokerEvent) async {
        switch event {
        case .published(let announcement):
            let message = announcement.message
            guard let reading = readings[message.channel] else { return }
            if message.position == Position(epoch: reading.position.epoch, offset: reading.position.offset + 1) {
                readings[message.channel]?.position = message.position
                readings[message.channel]?.data.append(message.data)
            } else if message.epoch != reading.position.epoch || message.offset > reading.position.offset {
                await recover(message.channel)
            }
        case .continuityLost(let extent): for channel in concerned(extent) { readings[channel]?.losses += 1 }
        case .continuityRestored(let extent): for channel in concerned(extent) { await recover(channel) }
        case .deleted: break
        }
    }

    private func concerned(_ extent: BrokerEvent.Extent) -> [ChannelName] {
        switch extent {
        case .everything: Array(readings.keys)
        case .channels(let names): names.filter { readings[$0] != nil }
        }
    }

    /// Reads what the log has after the position, as soon as it can be read.
    private func recover(_ channel: ChannelName) async {
        while !Task.isCancelled, let position = readings[channel]?.position {
            do {
                let recovery = try await broker.recover(channel, from: .after(position), limit: .unlimited)
                // Someone else may have read on while the log was asked.
                guard readings[channel]?.position == position else { continue }
                readings[channel]?.take(recovery)
                return
            } catch {
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}

extension BrokerSettings {
    /// A reader may be away for as long as it takes to publish thousands: all is there when it comes back.
    static let trimmingNothing = BrokerSettings(retention: RetentionPolicy(messages: 1_000_000, bytes: 1 << 30))
}

extension RedisBroker {
    /// Opens a handle, reads with it while `body` runs, and lets it go.
    static func reading(
        _ url: String, settings: BrokerSettings = BrokerSettings(), _ body: (BrokerReader) async throws -> Void
    ) async throws {
        try await BrokerReader.reading(open(RedisURL(url), settings: settings, logger: .silent), body)
    }
}
