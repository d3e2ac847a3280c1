import Crypto

/// A file that the gateway serves: the content of `Web/page`, which the package embeds in the binary.
struct PageFile: Sendable {
    let path: String
    let type: String
    let content: [UInt8]
    /// Its entity tag (RFC 9110 §8.8.3), by which a browser that has it need not get it again.
    let tag: String

    init(path: String, type: String, content: [UInt8]) {
        (self.path, self.type, self.content) = (path, type, content)
        let digits = SHA256.hash(data: content).prefix(8).map { String($0, radix: 36) }
        tag = "\"\(digits.joined())\""
    }

    /// The page at `/`, and what other pages load too: the browser client, its types, and the element.
    static let all =
        [
            PageFile(path: "/", type: "text/html; charset=utf-8", content: PackageResources.index_html),
            PageFile(path: "/telltale.js", type: script, content: PackageResources.telltale_js),
            PageFile(path: "/telltale.d.ts", type: text, content: PackageResources.telltale_d_ts),
            PageFile(path: "/telltale-task.js", type: script, content: PackageResources.telltale_task_js),
            PageFile(path: "/page/page.css", type: "text/css; charset=utf-8", content: PackageResources.page_css),
            PageFile(path: "/page/favicon.svg", type: "image/svg+xml", content: PackageResources.favicon_svg),
        ] + elementModules + pageModules

    /// What `telltale-task.js` is made of.
    private static let elementModules = [
        module("ansi", PackageResources.ansi_js),
        module("dom", PackageResources.dom_js),
        module("json", PackageResources.json_js),
        module("log-row", PackageResources.log_row_js),
        module("log-style", PackageResources.log_style_js),
        module("log-view", PackageResources.log_view_js),
        module("task-style", PackageResources.task_style_js),
        module("task-view", PackageResources.task_view_js),
        module("theme", PackageResources.theme_js),
        module("words", PackageResources.words_js),
    ]

    private static let pageModules = [
        module("api", PackageResources.api_js),
        module("channel", PackageResources.channel_js),
        module("channels", PackageResources.channels_js),
        module("commands", PackageResources.commands_js),
        module("health", PackageResources.health_js),
        module("page", PackageResources.page_js),
        module("publishing", PackageResources.publishing_js),
        module("routes", PackageResources.routes_js),
        module("sample", PackageResources.sample_js),
        module("sampling", PackageResources.sampling_js),
        module("spark", PackageResources.spark_js),
        module("task-lists", PackageResources.task_lists_js),
        module("task-row", PackageResources.task_row_js),
        module("token", PackageResources.token_js),
    ]

    private static let text = "text/plain; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"

    private static func module(_ name: String, _ content: [UInt8]) -> PageFile {
        PageFile(path: "/page/\(name).js", type: script, content: content)
    }
}
