import BrokerCore

/// The list of channels: every primary's keys are gone through by SCAN, which blocks nobody, and the names kept that belong to the page.
///
/// There is no index to keep in step, so a native producer, expiry and eviction can't leave a wrong one; a page costs one walk
/// over the keys of the database.
struct Listing {
    /// Keys that the server looks at in one step.
    private static let scanCount = 1_000
    /// Commands sent together.
    private static let pipeline = 500

    let query: ChannelQuery
    let library: Library

    func run(over primaries: [any CommandSender]) async throws(RedisError) -> [ChannelSummary] {
        var page: [ChannelSummary] = []
        var query = query
        // A channel that goes while the list is made is left out, and the next takes its place.
        while query.limit > 0 {
            let names = try await names(on: primaries, query)
            page += try await summaries(of: names)
            guard names.count == query.limit, let last = names.last else { break }
            query.after = last.name
            query.limit = self.query.limit - page.count
        }
        return page
    }

    private struct Found {
        let name: ChannelName
        let link: any CommandSender
    }

    /// The first names of the page, in order, and where each was found.
    private func names(on primaries: [any CommandSender], _ query: ChannelQuery) async throws(RedisError) -> [Found] {
        var found: [ChannelName: any CommandSender] = [:]
        var last: ChannelName?
        for link in primaries {
            var cursor = "0"
            repeat {
                let (next, keys) = try await scan(link, from: cursor)
                cursor = next
                for key in keys {
                    guard let name = library.channel(ofKey: key), query.after.map({ name > $0 }) ?? true,
                        last.map({ name < $0 }) ?? true
                    else { continue }
                    found[name] = link
                }
                if found.count > max(query.limit, 1) * 4 {
                    let kept = found.keys.sorted().prefix(query.limit)
                    last = kept.last
                    found = found.filter { name, _ in last.map { name <= $0 } ?? false }
                }
            } while cursor != "0"
        }
        return found.keys.sorted().prefix(query.limit).compactMap { name in
            found[name].map { Found(name: name, link: $0) }
        }
    }

    private func scan(_ link: any CommandSender, from cursor: String) async throws(RedisError) -> (String, [String]) {
        let pattern = library.keyPattern(ofChannels: query.prefix)
        let command = Command("SCAN", cursor, "MATCH", pattern, "COUNT", "\(Self.scanCount)", "TYPE", "hash")
        let words = try await link.send([command])[0].get().array ?? []
        guard words.count == 2, let next = words[0].text, let keys = words[1].array else {
            throw .unreachable(reason: "the server answered SCAN with something else")
        }
        return (next, keys.compactMap(\.text))
    }

    private func summaries(of found: [Found]) async throws(RedisError) -> [ChannelSummary] {
        var summaries: [ChannelName: ChannelSummary] = [:]
        for (_, group) in Dictionary(grouping: found, by: { ObjectIdentifier($0.link) }) {
            for start in stride(from: 0, to: group.count, by: Self.pipeline) {
                let part = group[start..<min(start + Self.pipeline, group.count)]
                let results = await part[start].link.send(part.map { library.summary(of: $0.name) })
                for (entry, result) in zip(part, results) {
                    switch result {
                    case .success(let reply): summaries[entry.name] = Library.summary(reply, of: entry.name) ?? nil
                    // What is not of our shape is not in the list; publishing on it says what is wrong.
                    case .failure(.refused): continue
                    case .failure(let error): throw error
                    }
                }
            }
        }
        return found.compactMap { summaries[$0.name] }
    }
}

/// A way to a server for commands, which are answered in order.
protocol CommandSender: AnyObject, Sendable {
    func send(_ commands: [Command]) async -> [Result<Reply, RedisError>]
}

extension CommandLink: CommandSender {}
extension RedisConnection: CommandSender {}

extension Library {
    /// The pattern that SCAN finds the keys of channels with whose names begin so.
    fileprivate func keyPattern(ofChannels start: String) -> String {
        "\(Self.escapedForGlob("\(prefix){\(start)"))*}"
    }
}
