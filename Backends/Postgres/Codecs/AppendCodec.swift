import BrokerCore
import BrokerSupport

extension Functions {
    /// Publishes in order on each channel, each publication atomically and for itself, all in one transaction.
    /// - Parameter patience: how long to wait for a channel that another transaction holds; zero: not at all.
    func append(_ publications: [Publication], patience: Duration) -> Query {
        call(
            "append",
            [
                .texts(publications.map(\.channel.rawValue)),
                .texts(publications.map(\.event.rawValue)),
                .byteArrays(of: publications.map(\.data)),
                .texts(publications.map(\.flags)),
                .texts(publications.map { $0.keeping.key?.rawValue }),
                .integers(publications.map { $0.expect.map(Int64.init(clamping:)) }),
                .integers(publications.map { $0.fence.map(Int64.init(clamping:)) }),
                .texts(publications.map { $0.idempotencyKey?.rawValue }),
                .integer4(patience.milliseconds),
            ])
    }

    /// What became of `count` publications; `nil` for an answer of another shape.
    static func answers(_ rows: Rows, count: Int) -> [AppendAnswer]? {
        guard let text = rows.text(0, 0) else { return nil }
        return answers(text, count: count)
    }

    /// One line for each publication, in order.
    static func answers(_ text: String, count: Int) -> [AppendAnswer]? {
        var answers: [AppendAnswer] = []
        answers.reserveCapacity(count)
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let answer = answer(line.split(separator: UInt8(ascii: " ")).map(Substring.init)) else { return nil }
            answers.append(answer)
        }
        return answers.count == count ? answers : nil
    }

    private static func answer(_ words: [Substring]) -> AppendAnswer? {
        switch (words.first, words.count) {
        case ("duplicate", 3): return position(words[1], words[2]).map { .settled(.success($0, duplicate: true)) }
        case ("busy", 1): return .busy
        case ("duplicate", _), ("busy", _): return nil
        case (let epoch?, 2) where !BrokerError.refusalWords.contains(epoch):
            return position(epoch, words[1]).map { .settled(.success($0)) }
        default: return BrokerError(refusal: words).map { .settled(.failure($0)) }
        }
    }

    private static func position(_ epoch: Substring, _ offset: Substring) -> Position? {
        guard let epoch = Epoch(String(epoch)), let offset = UInt64(offset), 1...Position.maximumOffset ~= offset
        else { return nil }
        return Position(epoch: epoch, offset: offset)
    }
}

extension Result<Receipt, BrokerError> {
    fileprivate static func success(_ position: Position, duplicate: Bool = false) -> Self {
        .success(Receipt(position: position, duplicate: duplicate))
    }
}
