/// What one at a time may have. Those who wait get it in the order in which they came.
actor Turn {
    private var isTaken = false
    /// At most as many as cases run at the same time.
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        guard isTaken else { return isTaken = true }
        await withCheckedContinuation { waiting.append($0) }
    }

    func giveBack() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
