import CFuzzer
import Foundation
import FuzzTargets

/// Runs libFuzzer, with its own options, on the target that `FUZZ_TARGET` names: by the environment, because libFuzzer
/// starts itself again with its own words.
@main enum FuzzMain {
    private static let target = ProcessInfo.processInfo.environment["FUZZ_TARGET"].flatMap { FuzzTarget(rawValue: $0) }

    static func main() {
        guard FuzzMain.target != nil else {
            return print("FUZZ_TARGET is none of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var count = CommandLine.argc
        var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &words) { bytes, size in
            FuzzMain.target?.run(UnsafeRawBufferPointer(start: bytes, count: size))
            return 0
        }
    }
}
