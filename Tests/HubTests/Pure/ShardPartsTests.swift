import BrokerConformance
import BrokerCore
import CEpoll
import Glibc
import Testing

@testable import Hub

@Suite struct ShardPartsTests {
    // MARK: Timer wheel

    @Test func `every timer comes in its second, once`() {
        for seed in 0..<50 {
            var chance = SplitMix64(seed: UInt64(seed))
            var wheel = TimerWheel(now: 0)
            var due: [UInt64: UInt32] = [:]
            var now: UInt32 = 0
            for tag in UInt64(0)..<500 {
                let second = now + UInt32(chance.below(90))
                wheel.add(tag, at: second)
                due[tag] = min(max(second, now + 1), now + TimerWheel.span - 1)
                guard chance.happens(oneIn: 5) else { continue }
                now += UInt32(chance.below(100))
                for tag in wheel.take(until: now) {
                    let second = due.removeValue(forKey: tag)
                    #expect(second.map { $0 <= now } ?? false, "\(tag) came at \(now)")
                }
                #expect(due.values.allSatisfy { $0 > now })
            }
        }
    }

    @Test func `a time that is over comes in the next second`() {
        var wheel = TimerWheel(now: 10)
        wheel.add(1, at: 3)
        #expect(wheel.take(until: 10).isEmpty)
        #expect(wheel.take(until: 11) == [1])
        #expect(wheel.take(until: 200).isEmpty)
    }

    // MARK: Drain

    @Test(arguments: [1, 2, 3, 10, 999], [0, 100, 2_000, 30_000] as [Int64])
    func `a drain lets each go once within its time, and no moment sees more than its share`(
        sessions: Int, milliseconds: Int64
    ) {
        let tags = (0..<UInt64(sessions)).map { $0 }
        var drain = Drain(tags: tags, begin: 7, duration: milliseconds)
        var gone: [UInt64] = []
        for now in stride(from: 7, through: 7 + milliseconds, by: 20) {
            let due = drain.due(now: now)
            let share = milliseconds == 0 ? sessions : sessions * 20 / Int(milliseconds) + 1
            #expect(due.count <= share)
            gone += due
        }
        #expect(gone == tags)
        #expect(drain.isOver)
        #expect(drain.due(now: milliseconds + 99).isEmpty)
    }

    @Test func `a drain that was not looked at for long lets all go whose time has come, and a clock that stands none`()
    {
        var drain = Drain(tags: Array(0..<100), begin: 0, duration: 1_000)
        #expect(drain.due(now: 500).count == 50)
        #expect(drain.due(now: 500).isEmpty)
        #expect(drain.due(now: 400).isEmpty)
        #expect(!drain.isOver)
        #expect(drain.due(now: 5_000).count == 50)
    }

    // MARK: Mailbox

    @Test func `a mailbox wakes its reader once, and gives letters in the order of posting`() throws {
        let mailbox = try Mailbox<Int>()
        let epoll = try Epoll()
        defer { epoll.close() }
        #expect(epoll.addMailbox(mailbox.descriptor, tag: 7))
        let ready = UnsafeMutablePointer<cepoll_ready>.allocate(capacity: Int(CEPOLL_BATCH))
        defer { ready.deallocate() }
        func wakes() -> Int { epoll.wait(milliseconds: 0, into: ready) }
        #expect(wakes() == 0)
        for round in 0..<3 {
            #expect(mailbox.post(round))
            #expect(wakes() == 1 && ready[0].tag == 7)
            #expect(mailbox.post(round + 1))
            #expect(wakes() == 0)
            #expect(mailbox.take() == [round, round + 1])
            #expect(wakes() == 0 && mailbox.take().isEmpty)
        }
    }

    @Test func `a closed mailbox refuses, and gives back what nobody has read`() throws {
        let mailbox = try Mailbox<Int>()
        mailbox.post(1)
        #expect(mailbox.close() == [1])
        #expect(!mailbox.post(2))
        #expect(mailbox.close().isEmpty)
    }

    @Test func `letters from many threads all arrive, each thread's in order`() async throws {
        let mailbox = try Mailbox<(Int, Int)>()
        let got = await withTaskGroup(of: Void.self) { group in
            for sender in 0..<4 {
                group.addTask { for number in 0..<5_000 { mailbox.post((sender, number)) } }
            }
            var got: [(Int, Int)] = []
            while got.count < 20_000 {
                got += mailbox.take()
                await Task.yield()
            }
            return got
        }
        for sender in 0..<4 { #expect(got.filter { $0.0 == sender }.map(\.1) == Array(0..<5_000)) }
    }

    // MARK: Sessions

    @Test func `a handle of a former tenant finds nothing`() throws {
        let shard = try Shard(options: HubOptions(), services: .idle)
        defer { shard.mailbox.post(.stop) }
        let loop = ShardLoop(
            shard: shard, epoll: try Epoll(), broadcast: Broadcast(usesRing: true), options: HubOptions(),
            services: .idle)
        var table = SessionTable()
        func enter() -> Session {
            let session = Session(handle: table.reserve(shard), transport: LineTransport([]), shard: loop)
            table.insert(session)
            return session
        }
        let (first, second) = (enter(), enter())
        #expect(table.count == 2)
        table.remove(first.handle)
        #expect(table[first.handle.tag] == nil)
        let third = enter()
        #expect(third.handle.slot == first.handle.slot)
        #expect(third.handle != first.handle)
        #expect(table[first.handle.tag] == nil)
        table.remove(first.handle)
        #expect(table[third.handle.tag] === third)
        #expect(table[second.handle.tag] === second)
        #expect(table[UInt64(99)] == nil)
        #expect(table.count == 2 && table.all.count == 2)
    }

    @Test
    func `a session that asks again and again to be looked after stands in the wheel once for each earlier second`()
        throws
    {
        let shard = try Shard(options: HubOptions(), services: .idle)
        defer { shard.mailbox.post(.stop) }
        let loop = ShardLoop(
            shard: shard, epoll: try Epoll(), broadcast: Broadcast(usesRing: true), options: HubOptions(),
            services: .idle)
        var table = SessionTable()
        let session = Session(handle: table.reserve(shard), transport: LineTransport([]), shard: loop)
        for second in [40, 40, 60, 20, 40] as [UInt32] {
            for _ in 0..<1_000 { loop.watch(session, at: second) }
        }
        var wheel = loop.wheel
        #expect(wheel.take(until: TimerWheel.span) == [session.handle.tag, session.handle.tag], "at 20 and at 40")
    }
}
