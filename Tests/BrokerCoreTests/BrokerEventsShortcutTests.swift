import BrokerCore
import Testing

@Suite struct BrokerEventsShortcutTests {
    private func published(_ offset: UInt64) throws -> BrokerEvent {
        let message = Message(
            channel: try ChannelName("a"), epoch: try #require(Epoch("e")), offset: offset, event: .message,
            data: "x", format: .text, time: 0, retain: nil)
        return .published(Announcement(message: message, conflated: false, closes: false))
    }

    /// Sends until somebody waits who takes the shortcut: what came before is the consumer's.
    @Test func `while the consumer waits the shortcut takes what comes, on the sender's way`() async throws {
        let (events, taken) = (BrokerEvents(), Locked<[BrokerEvent]>([]))
        let consumer = Task {
            var seen: [BrokerEvent] = []
            while let batch = await events.next(offering: { batch in
                taken.withLock { $0 += batch }
                return true
            }) { seen += batch }
            return seen
        }
        var sent: [BrokerEvent] = []
        while taken.withLock(\.isEmpty) {
            sent.append(try published(UInt64(sent.count + 1)))
            events.send([sent[sent.count - 1]])
            await Task.yield()
        }
        events.finish()
        #expect(await consumer.value + taken.withLock { $0 } == sent)
    }

    @Test func `what the shortcut does not take, the consumer gets`() async throws {
        let events = BrokerEvents()
        async let received = events.next(offering: { _ in false })
        events.send([.continuityLost(.everything)])
        #expect(await received == [.continuityLost(.everything)])
    }

    @Test func `a shortcut ends with the wait that it was given to`() async throws {
        let (events, taken) = (BrokerEvents(), Locked(0))
        for _ in 0..<200 {
            let waiting = Task {
                await events.next(offering: { batch in
                    taken.withLock { $0 += batch.count }
                    return true
                })
            }
            waiting.cancel()
            #expect(await waiting.value == nil)
        }
        events.send([try published(1)])
        #expect(taken.withLock { $0 } == 0)
        #expect(await events.next() == [try published(1)])
    }

    @Test func `shortcut and consumer together lose and reorder nothing while the sender races`() async throws {
        let (events, all) = (BrokerEvents(), try (1...UInt64(20_000)).map { try published($0) })
        let (seen, taken) = (Locked<[BrokerEvent]>([]), Locked(0))
        async let ended: Void = {
            while let batch = await events.next(offering: { batch in
                // As a gate that is open at times.
                let offered = taken.withLock { count in
                    count += 1
                    return count
                }
                guard offered % 7 != 0 else { return false }
                seen.withLock { $0 += batch }
                return true
            }) { seen.withLock { $0 += batch } }
        }()
        for (index, event) in all.enumerated() {
            events.send([event])
            if index % 50 == 0 { await Task.yield() }
        }
        events.finish()
        await ended
        #expect(seen.withLock { $0 } == all)
        #expect(taken.withLock { $0 } > 0)
    }
}
