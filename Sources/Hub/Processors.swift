import CEpoll

/// The machine, as far as this process may use it.
package enum Processors {
    /// Processors that the process may run on: what taskset and containers' cpusets leave of the machine's.
    package static var available: Int { max(1, Int(cepoll_processors())) }
}
