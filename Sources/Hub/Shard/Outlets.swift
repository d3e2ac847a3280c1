/// What a delivery touches of a session before which nothing stands, and nothing else.
struct Outlet {
    /// The session's socket; -1 if its sink is none.
    var descriptor: Int32 = -1
    /// When the sink was last given something, in seconds of the shard's clock.
    var lastWrite: UInt32 = 0
    /// The number of its wire form.
    var form: UInt16 = 0
    /// Nothing waits for the reader, and it gets a run's bytes as they are: they may go to the socket at once.
    var isClear = false
}

/// The outlets of a shard's sessions, by slot. They lie side by side, because thousands of them are gone through for one message:
/// to follow each session's own objects takes longer than all else that is not the system call.
struct Outlets {
    /// Readers before whom something stands that are gone through at once.
    private static let mostUnclear = 64

    private var outlets: ContiguousArray<Outlet> = []
    /// By number. They are constants of the transports, and few.
    private var forms: [any WireForm] = []
    private let broadcast: Broadcast

    init(_ broadcast: Broadcast) {
        self.broadcast = broadcast
    }

    subscript(slot: UInt32) -> Outlet {
        get { outlets[Int(slot)] }
        _modify { yield &outlets[Int(slot)] }
    }

    /// Begins a session's outlet, which is not clear.
    mutating func begin(_ slot: UInt32, form: any WireForm, now: UInt32) {
        while outlets.count <= Int(slot) { outlets.append(Outlet()) }
        outlets[Int(slot)] = Outlet(lastWrite: now, form: number(of: form))
    }

    private mutating func number(of form: any WireForm) -> UInt16 {
        if let index = forms.firstIndex(where: { $0 === form }) { return UInt16(index) }
        forms.append(form)
        return UInt16(forms.count - 1)
    }

    /// How far a delivery has come.
    struct Progress {
        /// The first so many readers are still to be served.
        var left: Int
        /// What was sent to the others, in bytes.
        var bytes = 0
        /// The places of those among them before whom something stands. They were sent nothing.
        var unclear: [Int] = []
        /// The places of those that took only so many bytes.
        var short: [(tag: Int, taken: Int)] = []
    }

    /// Sends messages to as many of the readers, from the last on, as one call is to serve.
    /// - Parameters:
    ///   - room: the most bytes for a reader; one who would get more is not clear.
    ///   - run: the messages in a wire form. Whoever calls keeps them meanwhile.
    mutating func send(
        to readers: ArraySlice<UInt32>, room: Int, now: UInt32, _ run: (any WireForm) -> EncodedRun
    ) -> Progress {
        var progress = Progress(left: readers.count)
        var form: UInt16?
        var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        while progress.left > 0, !broadcast.isFull, progress.unclear.count < Self.mostUnclear {
            progress.left -= 1
            let slot = Int(readers[progress.left])
            if outlets[slot].form != form {
                form = outlets[slot].form
                bytes = run(forms[Int(outlets[slot].form)]).bytes.bytes
            }
            if outlets[slot].isClear, bytes.count <= room {
                outlets[slot].lastWrite = now
                broadcast.add(bytes, to: outlets[slot].descriptor, tag: progress.left)
                progress.bytes += bytes.count
            } else {
                progress.unclear.append(progress.left)
            }
        }
        progress.short = broadcast.send()
        return progress
    }
}
