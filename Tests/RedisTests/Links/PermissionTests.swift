import Testing

@testable import RedisBroker

@Suite struct PermissionTests {
    /// The words of Redis 6.2, 7.0 and 7.2.
    @Test(arguments: [
        ("NOPERM this user has no permissions to run the 'fcall' command", "+fcall"),
        ("NOPERM this user has no permissions to run the 'function|load' command", "+function|load"),
        ("NOPERM this user has no permissions to run the 'evalsha' command or its subcommand", "+evalsha"),
        ("NOPERM User worker has no permissions to run the 'publish' command", "+publish"),
        ("NOPERM this user has no permissions to access one of the keys used as arguments", "~telltale:*"),
        ("NOPERM No permissions to access a key", "~telltale:*"),
        ("NOPERM this user has no permissions to access one of the channels used as arguments", "&telltale:*"),
        ("NOPERM No permissions to access a channel", "&telltale:*"),
        ("ERR The user executing the script can't access at least one of the keys mentioned", "~telltale:*"),
        ("ERR The user executing the script can't publish to the channel mentioned in the command", "&telltale:*"),
        ("ERR ACL failure in script: User worker has no permissions to run the 'hset' command script: f", "+hset"),
    ])
    func `A missing permission is told with the words that grant it`(error: String, grant: String) throws {
        let permission = try #require(Permission(error: error, command: Command("FCALL", "f"), prefix: "telltale:"))
        #expect(permission.grant == grant)
        #expect(permission.denied(to: "worker", at: "x:1").words.hasSuffix("ACL SETUSER worker \(grant)"))
    }

    @Test func `What the server does not name is what was sent`() {
        let error = "NOPERM this user has no permissions to run the command"
        #expect(Permission(error: error, command: Command("FUNCTION", "LOAD"), prefix: "")?.grant == "+function|load")
    }

    @Test func `Other errors are no missing permission`() {
        #expect(Permission(error: "ERR unknown command", command: Command("FCALL"), prefix: "") == nil)
        #expect(Permission(error: "WRONGTYPE a key", command: Command("FCALL"), prefix: "") == nil)
    }
}
