import Testing

@testable import RedisBroker

@Suite struct RefusalTests {
    @Test(arguments: ["NOSCRIPT No matching script. Please use EVAL.", "ERR Function not found"])
    func `A server without the functions is recognised`(error: String) {
        #expect(Refusal(error) == .missingLibrary)
    }

    @Test(arguments: [
        "READONLY You can't write against a read only replica.",
        "READONLY You can't write against a read only replica. script: telltale_append, on @user_function:1.",
        "ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write against a replica.",
    ])
    func `A demoted primary is recognised, inside a script too`(error: String) {
        #expect(Refusal(error) == .demoted)
    }

    @Test(arguments: [
        ("OOM command not allowed when used memory > 'maxmemory'.", "out of memory"),
        ("ERR Error running script (call to f_1): @user_script:9: -OOM command not allowed", "out of memory"),
        ("LOADING Redis is loading the dataset in memory", "loading"),
        ("MASTERDOWN Link with MASTER is down", "lost its primary"),
        ("BUSY Redis is busy running a script. You can only call SCRIPT KILL", "busy"),
        ("MISCONF Redis is configured to save RDB snapshots", "save to disk"),
        ("NOREPLICAS Not enough good replicas to write.", "replicas"),
    ])
    func `Why a server can't serve now is told in words`(error: String, words: String) throws {
        guard case .unavailable(let reason) = Refusal(error) else { return #expect(Bool(false), "\(Refusal(error))") }
        #expect(reason.contains(words))
    }

    @Test(arguments: ["MOVED 1 127.0.0.1:1", "ASK 1 127.0.0.1:1", "WRONGTYPE Operation against a key", "ERR something"])
    func `A redirection or a command's own error is left to the caller`(error: String) {
        #expect(Refusal(error) == .other)
    }
}
