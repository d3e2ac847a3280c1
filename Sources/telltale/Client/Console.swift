import ArgumentParser
import Foundation

/// What the client commands say to the person who runs them.
enum Console {
    /// One line on standard error.
    static func note(_ line: String) {
        try? write("telltale: \(line)\n", to: STDERR_FILENO)
    }

    /// A line on standard output. When nobody reads it any more the command ends as other programs do, by SIGPIPE's
    /// status.
    static func print(_ line: String) throws {
        do {
            try write(line + "\n", to: STDOUT_FILENO)
        } catch {
            throw ExitCode(128 + SIGPIPE)
        }
    }

    /// Writes it all.
    static func write(_ text: String, to descriptor: Int32) throws {
        var text = text
        try text.withUTF8 { try Descriptor.write(UnsafeRawBufferPointer($0), to: descriptor) }
    }
}
