import Testing

@testable import GatewayConfig

@Suite struct ProblemTests {
    @Test func allProblemsAreListedAtOnceWithPathFoundAndAllowed() {
        let json = """
            {
              "listen": {"port": "8080"},
              "limits": {"message_bytes": "17MiB", "header_count": 1.5, "header_bytes": null},
              "heartbeat": 15,
              "log": {"level": "loud"},
              "hub": 5,
              "namespaces": {"build": {"replay": "k3f9:1"}, "a:b": {}, "c": []}
            }
            """
        let size = "(a size: bytes, or text like \"64KiB\", \"8MiB\")"
        #expect(
            problems(json) == [
                "hub (gateway.json:6:3): found 5; allowed: an object with shards, sockets",
                "namespaces.a:b (gateway.json:7:49): found \"a:b\"; allowed: \(NamespaceName.rule)",
                "namespaces.c (gateway.json:7:60): found a list; allowed: an object with history, replay, subscribe, publish",
                "listen.port (gateway.json:2:14): found \"8080\"; allowed: 0 to 65535 (a whole number)",
                "limits.message_bytes (gateway.json:3:14): found \"17MiB\"; allowed: 1 to 16MiB \(size)",
                "limits.header_count (gateway.json:3:40): found 1.5; allowed: 10 to 1000 (a whole number)",
                "limits.header_bytes (gateway.json:3:61): found null; allowed: 1KiB to 1MiB \(size)",
                "heartbeat (gateway.json:4:3): found 15; allowed: 100ms to 1d "
                    + "(a duration: text like \"250ms\", \"15s\", \"5m\", \"1h\", \"7d\")",
                "log.level (gateway.json:5:11): found \"loud\"; allowed: \"trace\", \"debug\", \"info\", \"notice\", "
                    + "\"warning\", \"error\", \"critical\" (one of these words)",
                "namespaces.build.replay (gateway.json:7:28): found \"k3f9:1\"; allowed: "
                    + "\"earliest\", \"latest\", \"last:N\" (N from 1 to 1000000)",
            ])
    }

    @Test(arguments: [
        (#"{"limits": {"mesage_bytes": 1}}"#, "limits.mesage_bytes (gateway.json:1:13)", "limits.message_bytes"),
        (
            #"{"limits": {"max_message_bytes": 1}}"#, "limits.max_message_bytes (gateway.json:1:13)",
            "limits.message_bytes"
        ),
        (#"{"limit": {"message_bytes": 1}}"#, "limit (gateway.json:1:2)", "limits"),
        (#"{"port": 1}"#, "port (gateway.json:1:2)", "listen.port"),
        (#"{"Heartbeat": "1s"}"#, "Heartbeat (gateway.json:1:2)", "heartbeat"),
        (
            #"{"namespaces": {"build": {"histroy": {}}}}"#, "namespaces.build.histroy (gateway.json:1:27)",
            "namespaces.build.history"
        ),
        (
            #"{"namespaces": {"build": {"ttl": "1h"}}}"#, "namespaces.build.ttl (gateway.json:1:27)",
            "namespaces.build.history.ttl"
        ),
    ])
    func anUnknownKeyIsAnsweredWithTheNearest(json: String, subject: String, nearest: String) {
        #expect(problems(json) == ["\(subject): unknown key; did you mean \(nearest)?"])
    }

    @Test func anUnknownKeyThatIsNearNothingIsAnsweredWithWhatThereIs() {
        #expect(
            problems(#"{"hub": {"xyzzy": 1}}"#) == [
                "hub.xyzzy (gateway.json:1:10): unknown key; known here: shards, sockets"
            ])
    }

    @Test(arguments: [
        (#"{"a\nERROR b": 1}"#, #""a\nERROR b""#), (#"{"\u001b[2J": 1}"#, #""\u001b[2J""#),
        (#"{"\u009b2J": 1}"#, #""\u009b2J""#), (#"{"\u202elimits": 1}"#, #""\u202elimits""#),
        (#"{"limits": {"a\r": 1}}"#, #"limits."a\u000d""#), (#"{"a\nb": 1, "a\nb": 2}"#, #""a\nb""#),
    ])
    func aKeyNeitherBeginsALineNorMovesTheCursor(json: String, subject: String) throws {
        #expect(!problems(json).isEmpty)
        for problem in problems(json) {
            #expect(problem.hasPrefix("\(subject) (gateway.json:1:"))
            let hidden = problem.unicodeScalars.filter {
                [.control, .format, .lineSeparator].contains($0.properties.generalCategory)
            }
            #expect(hidden.isEmpty)
        }
    }

    @Test func aDoubledKeyIsReportedWithBothPlaces() {
        #expect(
            problems("{\"listen\": {\"port\": 1,\n  \"port\": 2}}") == [
                "listen.port (gateway.json:2:3): found twice, first at 1:13; allowed: once"
            ])
        #expect(problems(#"{"listen": {}, "listen": {}}"#).count == 1)
    }

    @Test func brokenJSONIsReportedWithLineAndColumn() {
        #expect(
            problems("{\n  \"listen\": {,}\n}") == [
                "gateway.json:2:14: no valid JSON: found \",\" where a name in quotes should be"
            ])
    }

    @Test func aFileMustBeAnObject() {
        #expect(problems("[]") == ["gateway.json: found a list; allowed: an object, { … }"])
    }

    @Test func keysAtOddsWithOneAnotherAreReported() {
        #expect(
            problems(#"{"websocket": {"silence": "20s"}}"#) == [
                "websocket.silence (gateway.json:1:16): found \"20s\"; allowed: longer than websocket.ping (25s)"
            ])
        #expect(
            problems(nil, ["TELLTALE_WEBSOCKET_PING": "60s"]) == [
                "websocket.silence (its default): found \"1m\"; allowed: longer than websocket.ping (1m)"
            ])
        #expect(
            problems(#"{"limits": {"message_bytes": 100, "line_bytes": 101}}"#) == [
                "limits.line_bytes (gateway.json:1:35): found 101; allowed: at most limits.message_bytes (100), or null"
            ])
    }

    @Test(arguments: [
        #"{"listen": {"port": -1}}"#, #"{"listen": {"port": 65536}}"#, #"{"listen": {"host": ""}}"#,
        #"{"limits": {"message_bytes": 0}}"#, #"{"limits": {"message_bytes": 16777217}}"#,
        #"{"heartbeat": "99ms"}"#, #"{"heartbeat": "86401s"}"#, #"{"broker": {"url": "a\u0000b"}}"#,
        #"{"namespaces": {"default": {"history": {"ttl": "0s"}}}}"#,
        #"{"namespaces": {"default": {"history": {"ttl": null}}}}"#,
    ])
    func aValueOutsideItsRangeIsRefused(json: String) {
        #expect(problems(json).count == 1)
    }

    @Test func aValueThatAnotherSourceOverridesMustBeRightAsWell() {
        #expect(problems(#"{"drain": 1}"#, ["TELLTALE_DRAIN": "1s"]).count == 1)
    }

    @Test func noProblemShowsAPassword() {
        let long = "redis://user:secret@host/" + String(repeating: "x", count: 5000)
        for found in [problems(#"{"broker": {"url": "\#(long)"}}"#), problems(nil, [:], [.broker(long)])] {
            #expect(found.count == 1)
            #expect(found.allSatisfy { !$0.contains("secret") && $0.contains("user:***@host") })
        }
        #expect(problems(#"{"broker": "redis://u:secret@h"}"#).allSatisfy { !$0.contains("secret") })
    }
}
