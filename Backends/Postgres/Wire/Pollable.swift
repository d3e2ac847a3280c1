import Glibc

/// What a ``PollingExecutor`` carries. Everything is called on its thread.
protocol Pollable: AnyObject {
    /// Which descriptor, and what is waited for; a negative descriptor is none.
    var interest: pollfd { get }
    /// When ``expire()`` is to be called; `nil`: never. One that has passed is called with every turn of the loop.
    var deadline: ContinuousClock.Instant? { get }
    func ready(_ events: Int16)
    func expire()
    /// The executor ends.
    func abandon()
}
