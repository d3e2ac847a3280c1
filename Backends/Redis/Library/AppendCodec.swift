import BrokerCore

extension Library {
    /// Publishes on one channel, in order, each publication atomically and for itself.
    func append(_ publications: [Publication], to channel: ChannelName) -> Call {
        var words: [String] = []
        words.reserveCapacity(publications.count * 7)
        for publication in publications {
            words.append(publication.flags)
            words.append(publication.event.rawValue)
            words.append(publication.keeping.key?.rawValue ?? "")
            words.append(publication.expect.map(String.init) ?? "")
            words.append(publication.fence.map(String.init) ?? "")
            words.append(publication.idempotencyKey?.rawValue ?? "")
            words.append(publication.data)
        }
        return Call(library: self, function: "append", key: key(of: channel), arguments: words)
    }

    /// What became of `count` publications; `nil` for an answer of another shape.
    static func receipts(_ reply: Reply, count: Int) -> [Result<Receipt, BrokerError>]? {
        guard let answers = reply.array, answers.count == count + 1, let epoch = answers[0].text.flatMap(Epoch.init)
        else { return nil }
        var receipts: [Result<Receipt, BrokerError>] = []
        receipts.reserveCapacity(count)
        for answer in answers.dropFirst() {
            guard let receipt = receipt(answer, epoch: epoch) else { return nil }
            receipts.append(receipt)
        }
        return receipts
    }

    private static func receipt(_ answer: Reply, epoch: Epoch) -> Result<Receipt, BrokerError>? {
        if case .integer(let offset) = answer {
            return UInt64(exactly: offset).map { .success(Receipt(position: Position(epoch: epoch, offset: $0))) }
        }
        guard let words = answer.text?.split(separator: " "), let kind = words.first else { return nil }
        let numbers = words.dropFirst().compactMap { UInt64($0) }
        guard numbers.count == words.count - 1 else { return nil }
        switch (kind, numbers.count) {
        case ("duplicate", 1):
            return .success(Receipt(position: Position(epoch: epoch, offset: numbers[0]), duplicate: true))
        case ("conflict", 1): return .failure(.conflict(current: numbers[0]))
        case ("fenced", 1): return .failure(.fenced(highest: numbers[0]))
        case ("closed", 1): return .failure(.closed(top: numbers[0]))
        case ("toolarge", 2):
            guard let bytes = Int(exactly: numbers[0]), let limit = Int(exactly: numbers[1]) else { return nil }
            return .failure(.tooLarge(bytes: bytes, limit: limit))
        case ("expectwithoutkey", 0): return .failure(.expectWithoutKey)
        default: return nil
        }
    }
}

extension Publication {
    /// The record's flags.
    fileprivate var flags: String {
        (format == .json ? "j" : "t") + (keeping.isConflated ? "c" : "") + (closes ? "x" : "")
    }
}
