/// The known name that somebody may have meant.
enum Suggestion {
    /// How much of a name is compared, in characters: the work grows with its square.
    private static let comparedCharacters = 200

    /// Among the paths, the one that is nearest as a whole, or by its own name if it stands elsewhere.
    static func nearest(to path: [String], among known: [[String]]) -> [String]? {
        guard let name = path.last else { return nil }
        let whole = path.joined(separator: ".")
        let ranked = known.map { candidate in
            let byPath = distance(whole, candidate.joined(separator: "."))
            return (path: candidate, distance: min(byPath, distance(name, candidate.last ?? "") + 1))
        }
        return ranked.min { $0.distance < $1.distance }.flatMap { $0.distance <= tolerance(name) ? $0.path : nil }
    }

    static func nearest(to name: String, among known: [String]) -> String? {
        nearest(to: [name], among: known.map { [$0] })?.first
    }

    /// A third of a name may be wrong; with more, a suggestion misleads.
    private static func tolerance(_ name: String) -> Int { max(1, name.count / 3) }

    /// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.prefix(comparedCharacters).lowercased())
        let right = Array(right.prefix(comparedCharacters).lowercased())
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}
