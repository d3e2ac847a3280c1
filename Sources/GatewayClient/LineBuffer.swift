import DequeModule

/// Lines that wait, in order: the oldest in memory, the rest in a file, and the oldest of all dropped when both are full.
struct LineBuffer: ~Copyable {
    private let capacity: Int
    private let memory: Int
    /// What is put into the file at once, in bytes, at least: small writes would cost more than the lines.
    private let blockBytes: Int
    private var front: Deque<LineCursor> = []
    private var frontBytes = 0
    /// Behind `front`.
    private var file: SpillFile
    /// Behind `file`: what is to be put into it next.
    private var back = LineBlock([])
    private var lines = 0
    /// Dropped since lines were last taken, and in all.
    private var droppedHere = 0
    private(set) var dropped = 0

    /// - Parameters:
    ///   - capacity: what waits in all, in bytes, at most.
    ///   - memory: of that in memory.
    init(capacity: Int, memory: Int, file: consuming SpillFile) {
        self.capacity = capacity
        self.memory = memory
        blockBytes = max(memory / 16, 1)
        self.file = file
    }

    /// How many wait, the line about those that are missing included.
    var count: Int { lines + (droppedHere > 0 ? 1 : 0) }

    mutating func append(_ block: LineBlock) {
        lines += block.lines
        dropped += block.missing
        let fitsMemory = file.isEmpty && back.isEmpty && frontBytes + block.bytes.count <= memory
        if fitsMemory { keep(block) } else { collect(block) }
        while bytes > capacity, lines > 0 { drop(bytes - capacity) }
    }

    /// The oldest lines, within these bounds, but one at least; where some are missing, a line that tells how many.
    mutating func take(messages: Int, bytes: Int) -> [String] {
        var taken: [String] = []
        var size = 0
        while taken.count < messages, size < bytes {
            let hasMore = advance()
            if droppedHere > 0 {
                taken.append("telltale: \(droppedHere) lines are missing here: the gateway did not take them in time")
                droppedHere = 0
            } else if hasMore, let line = front[0].next() {
                size += line.utf8.count
                frontBytes -= front[0].lastLength
                lines -= 1
                taken.append(line)
            } else {
                break
            }
        }
        return taken
    }

    /// Gives up all lines, and counts them as dropped.
    mutating func dropAll() {
        while lines > 0 { drop(.max) }
    }

    /// As if there had been none.
    mutating func removeAll() {
        dropAll()
        (droppedHere, dropped) = (0, 0)
    }

    private var bytes: Int { frontBytes + file.bytes + back.bytes.count }

    private mutating func keep(_ block: LineBlock) {
        frontBytes += block.bytes.count
        let last = front.count - 1
        if last >= 0, block.missing == 0, front[last].block.bytes.count < blockBytes {
            front[last].append(block)
        } else {
            front.append(LineCursor(block))
        }
    }

    private mutating func collect(_ block: LineBlock) {
        if block.missing > 0 { spillBack() }
        if back.isEmpty { back = block } else { back.append(block) }
        if back.bytes.count >= blockBytes { spillBack() }
    }

    private mutating func spillBack() {
        guard !back.isEmpty else { return }
        let block = back
        back = LineBlock([])
        while !file.hasRoom(for: block), !file.isEmpty { drop(block.bytes.count) }
        guard file.hasRoom(for: block) else { return keep(block) }
        do throws(SpillFile.Failure) {
            try file.append(block)
        } catch {
            // No disk: only the memory is left, and the oldest make room for the newest.
            forgetFile()
            while frontBytes > 0, frontBytes + block.bytes.count > memory {
                drop(frontBytes + block.bytes.count - memory)
            }
            keep(block)
        }
    }

    /// Goes to where the oldest line is. `false`: there is none.
    private mutating func advance() -> Bool {
        while true {
            while let first = front.first, first.lines == 0, first.block.missing == 0 { front.removeFirst() }
            if front.isEmpty, !loadFront() { return false }
            droppedHere += front[0].takeMissing()
            if front[0].lines > 0 { return true }
        }
    }

    private mutating func loadFront() -> Bool {
        if !file.isEmpty {
            do throws(SpillFile.Failure) {
                if let block = try file.removeFirst() { keep(block) }
            } catch {
                forgetFile()
            }
        }
        if front.isEmpty, file.isEmpty, !back.isEmpty {
            keep(back)
            back = LineBlock([])
        }
        return !front.isEmpty
    }

    /// Gives up the oldest, until this many bytes are gone or a block is.
    private mutating func drop(_ bytes: Int) {
        if front.allSatisfy({ $0.lines == 0 && $0.block.missing == 0 }), !file.isEmpty {
            do throws(SpillFile.Failure) {
                let (lines, missing) = try file.dropFirst()
                droppedHere += missing
                countDropped(lines)
            } catch {
                forgetFile()
            }
        } else if advance() {
            let before = front[0].bytes
            countDropped(front[0].drop(bytes: bytes))
            frontBytes -= before - front[0].bytes
        }
    }

    /// What can't be written or read any more is as good as dropped.
    private mutating func forgetFile() {
        droppedHere += file.missing
        countDropped(file.lines)
        file.removeAll()
    }

    private mutating func countDropped(_ count: Int) {
        droppedHere += count
        dropped += count
        lines -= count
    }
}
