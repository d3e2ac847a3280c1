import Foundation
import Glibc

/// What the kernel knows of this process, by the names that Prometheus' own clients use.
enum ProcessStatus {
    /// In seconds since 1970. The process has begun when this was first asked, or shortly before.
    static let start = Date().timeIntervalSince1970

    /// Processor time that was used, in seconds.
    static var processorSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Virtual and resident memory, in bytes (proc(5), `/proc/pid/statm`).
    static var memory: (virtual: Int, resident: Int) {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return (0, 0) }
        let pages = text.split(separator: " ").prefix(2).compactMap { Int($0) }
        let size = sysconf(Int32(_SC_PAGESIZE))
        return pages.count == 2 ? (pages[0] * size, pages[1] * size) : (0, 0)
    }

    /// Descriptors that are open. It takes as long as there are many: see ``OpenDescriptors``.
    static var descriptors: Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        // Without `.` and `..`, and without the one that this reads by.
        var count = -3
        while readdir(folder) != nil { count += 1 }
        return count
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}
