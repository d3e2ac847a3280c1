import BrokerCore

/// Copies one channel, page by page, to where nobody sees it, and then puts it in its place in one step.
struct ChannelCopier: Sendable {
    /// Bytes of a page, about. A channel that is being copied takes a few of these in memory, whatever it holds.
    static let pageBytes = 512 << 10
    /// How often a channel is begun anew that is published to while it is read, before it is left for later.
    static let maximumAttempts = 5

    enum Outcome: Hashable {
        case copied(messages: Int, bytes: Int)
        /// The target has it already.
        case same
        /// The source has it no more.
        case gone
        /// It was published to all the time.
        case moving
        case refused(CopyRefusal)
    }

    let source: any ChannelStore
    let target: any ChannelStore

    func copy(_ channel: ChannelName) async throws(BrokerError) -> Outcome {
        for _ in 0..<Self.maximumAttempts where !Task.isCancelled {
            guard let first = try await source.export(channel, from: .start, bytes: Self.pageBytes) else {
                return .gone
            }
            let present = try await target.head(of: channel)
            switch ChannelRelation(of: present, to: first.head) {
            case .same: return .same
            case .refused(let reason): return .refused(reason)
            case .replaceable:
                if let outcome = try await attempt(first, over: present) { return outcome }
            }
        }
        return .moving
    }

    /// Copies what the pages from the first on hold; `nil` if the channel moved under it, on either side.
    private func attempt(_ first: TransferPage, over present: ChannelHead?) async throws(BrokerError) -> Outcome? {
        let restoration = try await target.restoration(of: first.head.channel)
        do throws(BrokerError) {
            var transcript = Transcript(present: present?.newest)
            guard let last = try await pages(from: first, into: restoration, &transcript) else {
                await restoration.abandon()
                return nil
            }
            if let offset = transcript.difference {
                await restoration.abandon()
                return .refused(.different(offset: offset))
            }
            let done = try await restoration.commit(last.head, replacing: present?.position)
            if !done { await restoration.abandon() }
            return done ? .copied(messages: transcript.messages, bytes: transcript.bytes) : nil
        } catch {
            await restoration.abandon()
            throw error
        }
    }

    /// The last page; `nil` if a page is of another moment of the channel than the first, or the task is cancelled.
    private func pages(
        from first: TransferPage, into restoration: any ChannelRestoration, _ transcript: inout Transcript
    ) async throws(BrokerError) -> TransferPage? {
        var page = first
        while true {
            transcript.note(page.items)
            if !page.items.isEmpty { try await restoration.add(page.items) }
            guard let next = page.next, transcript.difference == nil else { return page }
            let following = try await source.export(first.head.channel, from: next, bytes: Self.pageBytes)
            guard let following, following.head.position == first.head.position, !Task.isCancelled else { return nil }
            page = following
        }
    }
}

/// What went by.
private struct Transcript {
    /// The newest logged message that the target has.
    let present: ChannelHead.Mark?
    var messages = 0
    /// Of data.
    var bytes = 0
    /// The offset at which the target has another message than the source.
    var difference: UInt64?

    init(present: ChannelHead.Mark?) { self.present = present }

    mutating func note(_ items: [TransferItem]) {
        for case .logged(let announcement) in items {
            let message = announcement.message
            messages += 1
            bytes += message.data.utf8.count
            if let present, present.offset == message.offset, present.time != message.time {
                difference = present.offset
            }
        }
    }
}
