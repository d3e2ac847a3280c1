/// Sizes as people write them: a number of bytes, or with a unit, `64KiB`, `8MiB`, `1GiB`.
package enum SizeText {
    /// Largest first, in bytes.
    private static let units: [(suffix: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ]

    /// `nil` for anything that is no size, or one too large to count.
    package static func parse(_ text: String) -> Int? {
        let digits = text.prefix(while: { $0.isASCII && $0.isNumber })
        let suffix = text[digits.endIndex...]
        guard let count = Int(digits) else { return nil }
        if suffix.isEmpty { return count }
        guard let unit = units.first(where: { $0.suffix == suffix }) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// In the largest unit that leaves a whole number; plain bytes if none does.
    package static func render(_ bytes: Int) -> String {
        guard bytes != 0, let unit = units.first(where: { bytes % $0.bytes == 0 }) else { return String(bytes) }
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}
