/// The first commands of every connection: who we are, which database, and our name for those who look at the list of
/// clients.
struct Login {
    let endpoint: Endpoint
    let options: RedisOptions

    private enum Step { case authenticate, select, name }

    func run(on connection: RedisConnection) async throws(RedisError) {
        let steps = self.steps
        let answers = await connection.send(steps.map(\.command))
        for (step, answer) in zip(steps, answers) {
            guard case .failure(let error) = answer else { continue }
            guard case .refused(let words) = error else { throw error }
            if let meaning = meaning(of: words, at: step.step) { throw meaning }
        }
    }

    private var steps: [(step: Step, command: Command)] {
        var steps: [(step: Step, command: Command)] = []
        if let credentials = options.credentials {
            let user = credentials.user.map { [$0] } ?? []
            steps.append((.authenticate, Command(["AUTH"] + user + [credentials.password])))
        }
        if options.database != 0 { steps.append((.select, Command("SELECT", "\(options.database)"))) }
        steps.append((.name, Command("CLIENT", "SETNAME", "telltale")))
        return steps
    }

    /// What a refusal means for the connection; `nil`: it works without this step.
    private func meaning(of words: String, at step: Step) -> RedisError? {
        switch words.prefix(while: { $0 != " " }) {
        case "WRONGPASS":
            return unusable("it refuses the password of the user \(user): check user and password in the URL")
        case "NOAUTH": return unusable("it wants a password: put user:password@ before the host in the URL")
        case "DENIED": return unusable("it is in protected mode and takes no connections from other hosts: \(words)")
        case "LOADING", "MASTERDOWN", "BUSY": return .unreachable(reason: "Redis at \(endpoint): \(words)")
        case "NOPERM" where step == .select:
            return unusable("the user \(user) may not SELECT: grant +select, or use database 0")
        default: break
        }
        // The rest of the server's errors have no codes, only sentences.
        if words.contains("max number of clients") { return .unreachable(reason: "Redis at \(endpoint): \(words)") }
        switch step {
        case .authenticate:
            let words = Self.withoutQuotes(words)
            return unusable("it refuses to log us in (a server without a password wants none in the URL): \(words)")
        case .select where words.contains("cluster"): return unusable("a cluster has database 0 only: \(words)")
        case .select:
            return unusable(
                "database \(options.database) does not exist: choose a lower one, or raise its setting `databases`"
            )
        case .name: return nil
        }
    }

    /// A server that does not know AUTH quotes the words of the command, and with them the password.
    private static func withoutQuotes(_ words: String) -> Substring {
        words.prefix { $0 != "'" && $0 != "`" && $0 != "\"" }
    }

    private var user: String { options.credentials?.user ?? "default" }

    private func unusable(_ words: String) -> RedisError { .unusable("Redis at \(endpoint): \(words)") }
}
