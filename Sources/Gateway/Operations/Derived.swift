import BrokerCore
import GatewayConfig

/// What is made of a part of the configuration, and made anew once that part has changed: for what each connection needs, and
/// which costs more to make than to compare.
final class Derived<Part: Equatable & Sendable, Value: Sendable>: Sendable {
    private let live: LiveConfig
    private let part: @Sendable (GatewayConfig) -> Part
    private let make: @Sendable (Part) -> Value
    private let made: Locked<(part: Part, value: Value)>

    init(
        _ live: LiveConfig, of part: @escaping @Sendable (GatewayConfig) -> Part,
        make: @escaping @Sendable (Part) -> Value
    ) {
        (self.live, self.part, self.make) = (live, part, make)
        let first = live.read(part)
        made = Locked((first, make(first)))
    }

    /// Of the configuration that is in force.
    var value: Value {
        let part = live.read(part)
        return made.withLock { made in
            if made.part != part { made = (part, make(part)) }
            return made.value
        }
    }
}
