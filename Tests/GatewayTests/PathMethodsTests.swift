import HTTPTypes
import Testing

@testable import Gateway

@Suite struct PathMethodsTests {
    private let methods: PathMethods

    init() {
        var methods = PathMethods()
        methods.add([.get, .head], to: "/a")
        methods.add([.post], to: "/a")
        methods.add([.put], to: "/a/b/**")
        methods.add([.delete], to: "/a/b/**/c")
        methods.add([.get], to: "/")
        self.methods = methods
    }

    @Test(arguments: [
        ("/a", "GET, HEAD, POST"), ("//a/", "GET, HEAD, POST"), ("/a/b/c", "PUT"), ("/a/b/c/d", "PUT"), ("/", "GET"),
        ("/a/b/x/c", "DELETE"), ("/a/b/x/y/c", "DELETE"), ("/a/b/x/c/d", "PUT"), ("/a/b/c/c", "DELETE"),
    ])
    func `a path has the methods of its routes`(_ path: String, _ allowed: String) {
        #expect(methods.allowed(path) == allowed)
    }

    @Test(arguments: ["/b", "/a/c", "/ab", "/a/bc/d", ""])
    func `what no route has is no path`(_ path: String) {
        #expect(methods.allowed(path) == (path.isEmpty ? "GET" : nil))
    }
}
