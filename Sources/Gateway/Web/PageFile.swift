/// A file of the page, as the gateway serves it: the content of `Web/page`, which the package embeds in the binary.
struct PageFile: Sendable {
    let path: String
    let type: String
    let content: [UInt8]

    static let all = [
        PageFile(path: "/", type: "text/html; charset=utf-8", content: PackageResources.index_html),
        PageFile(path: "/page/page.css", type: "text/css; charset=utf-8", content: PackageResources.page_css),
        PageFile(path: "/page/favicon.svg", type: "image/svg+xml", content: PackageResources.favicon_svg),
        script("ansi", PackageResources.ansi_js),
        script("api", PackageResources.api_js),
        script("channels", PackageResources.channels_js),
        script("commands", PackageResources.commands_js),
        script("cursor", PackageResources.cursor_js),
        script("eventsource", PackageResources.eventsource_js),
        script("log", PackageResources.log_js),
        script("page", PackageResources.page_js),
        script("rows", PackageResources.rows_js),
        script("stream", PackageResources.stream_js),
        script("task", PackageResources.task_js),
        script("websocket", PackageResources.websocket_js),
    ]

    private static func script(_ name: String, _ content: [UInt8]) -> PageFile {
        PageFile(path: "/page/\(name).js", type: "text/javascript; charset=utf-8", content: content)
    }
}
