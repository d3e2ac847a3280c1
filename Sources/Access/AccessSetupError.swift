/// Why access can't be controlled as it is configured: one line that names the key, and shows no secret.
package struct AccessSetupError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(key: String, _ problem: String) { description = "\(key): \(problem)" }
}
