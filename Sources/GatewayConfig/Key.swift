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
    private let transfer: @Sendable (GatewayConfig, inout GatewayConfig, String) -> Void
    private let isOther: @Sendable (GatewayConfig, GatewayConfig, String) -> Bool

    /// A key of the gateway.
    init<Value: Equatable & SendableMetatype>(
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
    init<Value: Equatable & SendableMetatype>(
        namespace path: String, _ property: any WritableKeyPath<NamespacePolicy, Value> & Sendable,
        _ type: ValueType<Value>, _ summary: String
    ) {
        self.init("namespaces.\(Self.anyNamespace).\(path)", type, nil, summary) { config, namespace in
            config[namespace: namespace][keyPath: property]
        } write: { value, config, namespace in
            config[namespace: namespace][keyPath: property] = value
        }
    }

    private init<Value: Equatable & SendableMetatype>(
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
        let isSame: @Sendable (Value, Value) -> Bool = { $0 == $1 }
        self.read = { config, namespace in type.literal(read(config, namespace)) }
        self.write = { raw, config, namespace in
            guard let value = type.decode(raw) else { return false }
            write(value, &config, namespace)
            return true
        }
        transfer = { source, target, namespace in write(read(source, namespace), &target, namespace) }
        isOther = { !isSame(read($0, $2), read($1, $2)) }
    }

    /// What may be written, in words.
    var allowed: String { "\(range) (\(form))" }

    /// The value that `config` has, as a JSON literal with what is secret hidden.
    func literal(in config: GatewayConfig, namespace: String?) -> String {
        read(config, namespace ?? GatewayConfig.defaultNamespaceName)
    }

    /// Gives `target` the value that `source` has.
    func copy(_ source: GatewayConfig, _ target: inout GatewayConfig, namespace: String?) {
        transfer(source, &target, namespace ?? GatewayConfig.defaultNamespaceName)
    }

    /// Whether the two have different values.
    func differs(_ one: GatewayConfig, _ other: GatewayConfig, namespace: String?) -> Bool {
        isOther(one, other, namespace ?? GatewayConfig.defaultNamespaceName)
    }

    /// Puts a value in its place. `false`, and nothing has changed, if it is not allowed.
    func store(_ raw: RawValue, in config: inout GatewayConfig, namespace: String?) -> Bool {
        write(raw, &config, namespace ?? GatewayConfig.defaultNamespaceName)
    }
}
