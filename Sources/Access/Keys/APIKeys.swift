/// The keys of producers. Only their hashes are kept, and each is compared with what someone shows, so that the time
/// that it takes tells nothing of them.
struct APIKeys: Sendable {
    private let digests: [TokenDigest]

    init(_ keys: [String]) { digests = keys.map { TokenDigest($0) } }

    /// Which key it is, from 1; `nil`: none.
    func number(of digest: TokenDigest) -> Int? {
        var number = 0
        for (index, own) in digests.enumerated() {
            let isSame = own.isSame(as: digest)
            number = isSame ? index + 1 : number
        }
        return number == 0 ? nil : number
    }
}
