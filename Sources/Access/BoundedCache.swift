/// At most so many values by key. Those that were looked up or put last stay: when one half is full, what lay in the
/// other is forgotten. Every operation takes constant time.
struct BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let half: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    /// - Parameter maximum: entries in all; at least 2.
    init(maximum: Int) { half = max(maximum / 2, 1) }

    var count: Int { young.count + old.count }

    subscript(key: Key) -> Value? {
        mutating get {
            if let value = young[key] { return value }
            guard let value = old.removeValue(forKey: key) else { return nil }
            put(value, for: key)
            return value
        }
        set {
            old[key] = nil
            if let newValue { put(newValue, for: key) } else { young[key] = nil }
        }
    }

    private mutating func put(_ value: Value, for key: Key) {
        if young.count >= half, young[key] == nil { (old, young) = (young, [:]) }
        young[key] = value
    }
}
