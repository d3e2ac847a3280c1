import BrokerCore
import BrokerSupport

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
        guard let words = answer.text?.split(separator: " ") else { return nil }
        guard words.count == 2, words[0] == "duplicate" else { return BrokerError(refusal: words).map { .failure($0) } }
        return UInt64(words[1]).map {
            .success(Receipt(position: Position(epoch: epoch, offset: $0), duplicate: true))
        }
    }
}
