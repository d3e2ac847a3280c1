import CHiredis

/// Puts a reply together from what hiredis reports while it parses: depth first, each array before its elements.
final class ReplyAssembly {
    private struct OpenArray {
        var elements: [Reply]
        var missing: Int
    }

    private var open: [OpenArray] = []
    private var whole: Reply?

    /// Room that is made for an array's elements before they have come: a length is only a claim.
    private static let maximumReservation = 1024

    /// The reply that has just become whole.
    func take() -> Reply? {
        defer { whole = nil }
        return whole
    }

    private func begin(arrayOf count: Int) {
        guard count > 0 else { return add(.array([])) }
        var elements: [Reply] = []
        elements.reserveCapacity(min(count, Self.maximumReservation))
        open.append(OpenArray(elements: elements, missing: count))
    }

    private func add(_ reply: Reply) {
        var reply = reply
        while let last = open.indices.last {
            open[last].elements.append(reply)
            open[last].missing -= 1
            guard open[last].missing == 0 else { return }
            reply = .array(open.removeLast().elements)
        }
        whole = reply
    }

    /// What hiredis calls. It passes the objects on that it gets and asks only whether they are null, so one that means
    /// nothing stands for each; `nil` would be "out of memory".
    static var functions: redisReplyObjectFunctions {
        redisReplyObjectFunctions(
            createString: { task, text, length in
                guard let task, let text else { return nil }
                let string = String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
                let reply: Reply =
                    switch task.pointee.type {
                    case REDIS_REPLY_STATUS: .status(string)
                    case REDIS_REPLY_ERROR: .error(string)
                    default: .bulk(string)
                    }
                return ReplyAssembly.report(task) { $0.add(reply) }
            },
            createArray: { task, count in ReplyAssembly.report(task) { $0.begin(arrayOf: Int(count)) } },
            createInteger: { task, value in ReplyAssembly.report(task) { $0.add(.integer(value)) } },
            createNil: { task in ReplyAssembly.report(task) { $0.add(.null) } },
            freeObject: { _ in }
        )
    }

    private static func report(
        _ task: UnsafePointer<redisReadTask>?, _ body: (ReplyAssembly) -> Void
    ) -> UnsafeMutableRawPointer? {
        guard let data = task?.pointee.privdata else { return nil }
        body(Unmanaged<ReplyAssembly>.fromOpaque(data).takeUnretainedValue())
        return data
    }
}
