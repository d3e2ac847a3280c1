/// One promise that a broker keeps, and the procedure that proves it.
package struct ConformanceCase: Sendable, CustomStringConvertible {
    /// Short and unique in ``ConformanceSuite/cases``: what an operator greps for.
    package let name: String
    /// What the broker promises, in one sentence.
    package let promise: String
    /// Throws when the promise is broken. It works on channels of the context only.
    package let run: @Sendable (ConformanceContext) async throws -> Void

    init(_ name: String, promise: String, run: @escaping @Sendable (ConformanceContext) async throws -> Void) {
        self.name = name
        self.promise = promise
        self.run = run
    }

    package var description: String { name }
}
