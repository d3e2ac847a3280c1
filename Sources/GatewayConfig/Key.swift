/// One key of the configuration: what the file, the environment, the flags, the example and the documentation say
/// about it all comes from here.
struct Key: Sendable {
    /// Stands in a path for the name of any namespace.
    static let anyNamespace = "*"
    static let variablePrefix = "TELLTALE_"

    /// The names of the objects that lead to it, then its own.
    let path: [String]
    /// The flag of `serve` that sets it, if there is one.
    let flag: String?
    /// What it means, in one line.
    let summary: String
    let range: String
    let form: String
    let mask: (@Sendable (String) -> String)?
    /// Its value as a JSON literal, with what is secret hidden.
    private let read: @Sendable (GatewayConfig, String) -> String
    private let write: @Sendable (RawValue, inout GatewayConfig, String) -> Bool

    /// A key of the gateway.
    init<Value>(
        _ path: String, _ property: any WritableKeyPath<GatewayConfig, Value> & Sendable,
        _ type: ValueType<Value>, flag: String? = nil, _ summary: String
    ) {
        self.init(path, type, flag, summary) { config, _ in
            config[keyPath: property]
        } write: { value, config, _ in
            config[keyPath: property] = value
        }
    }

    /// A key that every namespace has.
    init<Value>(
        namespace path: String, _ property: any WritableKeyPath<NamespacePolicy, Value> & Sendable,
        _ type: ValueType<Value>, _ summary: String
    ) {
        self.init("namespaces.\(Self.anyNamespace).\(path)", type, nil, summary) { config, namespace in
            config[namespace: namespace][keyPath: property]
        } write: { value, config, namespace in
            config[namespace: namespace][keyPath: property] = value
        }
    }

    private init<Value>(
        _ path: String, _ type: ValueType<Value>, _ flag: String?, _ summary: String,
        read: @escaping @Sendable (GatewayConfig, String) -> Value,
        write: @escaping @Sendable (Value, inout GatewayConfig, String) -> Void
    ) {
        self.path = path.split(separator: ".").map(String.init)
        self.flag = flag
        self.summary = summary
        range = type.range
        form = type.form
        mask = type.mask
        self.read = { config, namespace in type.literal(read(config, namespace)) }
        self.write = { raw, config, namespace in
            guard let value = type.decode(raw) else { return false }
            write(value, &config, namespace)
            return true
        }
    }

    /// What may be written, in words.
    var allowed: String { "\(range) (\(form))" }

    /// The value that `config` has, as a JSON literal with what is secret hidden.
    func literal(in config: GatewayConfig, namespace: String?) -> String {
        read(config, namespace ?? GatewayConfig.defaultNamespaceName)
    }

    /// Puts a value in its place. `false`, and nothing has changed, if it is not allowed.
    func store(_ raw: RawValue, in config: inout GatewayConfig, namespace: String?) -> Bool {
        write(raw, &config, namespace ?? GatewayConfig.defaultNamespaceName)
    }
}
