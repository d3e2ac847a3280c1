import BrokerCore
import HTTPTypes
import Testing

@testable import Gateway

@Suite struct QueryTests {
    private func code<Value>(_ body: () throws -> Value) -> String? {
        do {
            _ = try body()
            return nil
        } catch { return (error as? Problem)?.code }
    }

    @Test func `keys are found, the first value wins, and all can be had`() throws {
        let query = try Query(target: "/x?channel=a&since=last:3&channel=b%2Fc&empty=&bare")
        #expect(query["channel"] == "a")
        #expect(query.all("channel") == ["a", "b/c"])
        #expect(query["since"] == "last:3")
        #expect(query["empty"] == "" && query["bare"] == "" && query["none"] == nil)
        #expect(query.all("none").isEmpty)
    }

    @Test func `values may hold equals signs and question marks, and keys escapes`() throws {
        let query = try Query(target: "/x?a=b=c?d&%61%62=1&&")
        #expect(query["a"] == "b=c?d")
        #expect(query["ab"] == "1")
    }

    @Test(arguments: ["/x", "/x?", "/x?&&"]) func `no query is an empty one`(target: String) throws {
        #expect(try Query(target: target).all("").isEmpty)
    }

    @Test(arguments: ["/x?a=%", "/x?%zz=1", "/x?a=%FF"]) func `a broken escape is refused`(target: String) {
        #expect(code { try Query(target: target) } == "invalid_query")
    }

    @Test func `a flag is on by 1, true or its mere presence, and off by 0, false or absence`() throws {
        let query = try Query(target: "/x?a=1&b=true&c&d=&e=0&f=false&g=yes")
        for key in ["a", "b", "c", "d"] { #expect(try query.flag(key)) }
        for key in ["e", "f", "none"] { #expect(try !query.flag(key)) }
        #expect(code { try query.flag("g") } != nil)
    }

    @Test func `an integer lies within its range`() throws {
        let query = try Query(target: "/x?a=5&b=0&c=1001&d=-1&e=1.0&f=&g=99999999999999999999")
        #expect(try query.integer("a", in: 1...1000) == 5)
        #expect(try query.integer("none", in: 1...1000) == nil)
        for key in ["b", "c", "d", "e", "f", "g"] {
            #expect(code { try query.integer(key, in: 1...1000) } != nil, "\(key)")
        }
    }

    @Test func `a path names its channel, escaped or not`() throws {
        func channel(_ path: String) throws -> String {
            let request = HTTPRequest(method: .get, scheme: nil, authority: nil, path: path)
            return try Target(request).channel().rawValue
        }
        #expect(try channel("/v1/channels/build:42") == "build:42")
        #expect(try channel("/v1/channels/a/b?since=latest") == "a/b")
        #expect(try channel("/v1/channels/a%2Fb%3A1") == "a/b:1")
        for path in ["/v1/channels/", "/v1/channels/a%20b", "/v1/channels/%", "/v1/channels/%FF"] {
            #expect(code { try channel(path) } == "invalid_channel", "\(path)")
        }
    }

    @Test func `a broken escape is told by its key, and its value is not repeated`() throws {
        for value in ["secret-of-mine%", "%zzsecret-of-mine", "secret-of-mine%FF"] {
            do {
                _ = try Query(target: "/x?since=1&token=\(value)")
                Issue.record("\(value) is taken")
            } catch {
                #expect(error.detail.contains("token="))
                #expect(!error.detail.contains("secret-of-mine"))
            }
        }
    }
}
