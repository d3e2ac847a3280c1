import BrokerConformance
import BrokerCore
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

    @Test(arguments: [1, 2, 3, 10, 999], [0, 1, 2, 5, 30] as [UInt32])
    func `a drain lets all go within its time, and evenly`(sessions: Int, seconds: UInt32) {
        let drain = Drain(begin: 7, seconds: seconds)
        var left = sessions
        let turns = max(seconds, 1)
        let most = (sessions + Int(turns) - 1) / Int(turns)
        for turn in 0..<turns {
            let share = drain.share(of: left, now: 7 + turn)
            #expect(share <= max(most, 0))
            left -= share
        }
        #expect(left == 0)
        #expect(drain.share(of: 4, now: 7 + seconds + 9) == 4)
    }

    // MARK: Mailbox

    private func isReadable(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 1
    }

    @Test func `a mailbox wakes its reader once, and gives letters in the order of posting`() throws {
        let mailbox = try Mailbox<Int>()
        #expect(!isReadable(mailbox.descriptor))
        #expect(mailbox.post(1))
        #expect(isReadable(mailbox.descriptor))
        #expect(mailbox.post(2))
        #expect(mailbox.take() == [1, 2])
        #expect(!isReadable(mailbox.descriptor))
        #expect(mailbox.take().isEmpty)
        #expect(mailbox.post(3))
        #expect(isReadable(mailbox.descriptor))
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
        let loop = ShardLoop(shard: shard, epoll: try Epoll(), options: HubOptions(), services: .idle)
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
}
