import Testing

@testable import PostgresBroker

@Suite struct ConnectionTargetTests {
    @Test(arguments: [
        ("postgres://u:p@h:1/d?sslmode=require", "u@h:1/d"),
        ("postgresql://a,b:2/d", "a,b:2/d"),
        ("postgres://u:hunter2@/d?host=/run/x&port=3", "u@/run/x:3/d"),
        ("postgres://u:p%40%2F@[::1]:5/d?password=hunter2", "u@::1:5/d"),
        ("host=h,i dbname=d user=u password='hunter2 x'", "u@h,i/d"),
        ("service=s", "(service s)"),
    ])
    func aTargetShowsItselfWithoutThePassword(_ text: String, _ shown: String) throws {
        let target = try ConnectionTarget(text)
        #expect(target.description == shown)
        #expect(!String(reflecting: target).contains("hunter2"))
        var dumped = ""
        dump(target, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test(arguments: [
        ("mysql://u:hunter2@h/d", "looks like postgres://"),
        ("postgres://u:hun@ter2@h/d", "has one @"),
        ("postgres://u:hun/ter2@h/d", "has one @"),
        ("postgres://u:hunter2%zz@h/d", "two hexadecimal digits"),
        ("postgres://u@h/d?hunter2", "NAME=VALUE, joined by &"),
        ("postgres://u@h/d?hunter2=x", "an option that libpq does not know"),
        ("postgres://h/d?colour=x", "an option \"colour\" that libpq does not know"),
        ("postgres://h:hunter2/d", "a number from 1 to 65535"),
        ("postgres://h:70000/d", "a number from 1 to 65535"),
        ("postgres://[::1/d", "stands in [ ]"),
        ("password=hun ter2", "NAME=VALUE pairs"),
        ("password='hunter2", "does not end"),
        ("host=h password=hun ter2=x", "an option that libpq does not know"),
        ("host=h colour=x", "an option \"colour\" that libpq does not know"),
    ])
    func whatIsWrongIsToldWithoutWhatMayBeAPassword(_ text: String, _ words: String) {
        do {
            _ = try ConnectionTarget(text)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.description.contains(words))
            #expect(!error.description.contains("ter2"))
            #expect(!error.description.contains("\n"))
        }
    }
}
