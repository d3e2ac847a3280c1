import GatewayConfig
import Hub
import Tasks

/// All that `/metrics` shows. `docs/operating.md` lists it by name.
struct Metrics: Sendable {
    /// The kinds of transports that sessions may have.
    private static let transports = ["sse", "frames", "text", "websocket", "poll"]

    let live: LiveConfig
    let hub: Hub
    let counters: Counters
    let meter: BrokerMeter
    let delays: LoopDelays
    let descriptors: OpenDescriptors

    /// Everything, as it is now.
    func text() async -> String {
        let stats = await hub.stats()
        var text = PrometheusText()
        readers(stats, &text)
        traffic(stats, &text)
        refused(stats, &text)
        broker(stats, &text)
        eventLoops(&text)
        gateway(&text)
        process(await descriptors.count(), &text)
        return text.text
    }

    private func readers(_ stats: HubStats, _ text: inout PrometheusText) {
        let streams = Self.transports.map { ($0, stats.kinds[$0] ?? 0) }
        let others = counters.traffic.connections.map { ($0.kind.rawValue, $0.count) }
        text.gauges(
            "telltale_connections", "Connections and streams, by what they speak now.", by: "transport",
            streams + others)
        text.gauge("telltale_sessions", "Readers: streams of all transports, and requests that wait.", stats.sessions)
        text.gauge(
            "telltale_subscriptions", "Channels that readers follow, each reader's counted.", stats.subscriptions)
        text.gauge("telltale_channels", "Channels that the shards know.", stats.channels)
        text.gauge(
            "telltale_lagging_readers", "Readers that are full now, and are fed from the log when they have room.",
            stats.lagging)
    }

    private func traffic(_ stats: HubStats, _ text: inout PrometheusText) {
        text.counter(
            "telltale_published_total", "Messages published through this gateway, those of tasks too.",
            meter.published)
        text.counter("telltale_delivered_total", "Messages handed to readers.", stats.delivered)
        text.counter(
            "telltale_received_bytes_total", "Bytes from clients; of TLS what is inside.",
            stats.received + counters.traffic.bytesReceived)
        text.counter(
            "telltale_sent_bytes_total", "Bytes to clients; of TLS what is inside.",
            stats.bytes + counters.traffic.bytesSent)
    }

    private func refused(_ stats: HubStats, _ text: inout PrometheusText) {
        text.counter("telltale_gaps_total", "Gaps that readers were told of.", stats.gaps)
        text.counter("telltale_lagged_total", "Times that a reader was full and fed from the log.", stats.lagged)
        text.counter(
            "telltale_dropped_readers_total", "Readers that were let go because they took nothing (timeouts.write).",
            stats.dropped)
        text.counters(
            "telltale_refused_total", "Refusals, by the code of the problem.", by: "code",
            counters.refusals.all.map { ($0.code, $0.count) })
    }

    private func broker(_ stats: HubStats, _ text: inout PrometheusText) {
        text.counter(
            "telltale_broker_recoveries_total", "Recoveries that the broker was asked for by the hub.", stats.queries)
        text.histograms(
            "telltale_broker_duration_seconds", "How long the broker took to answer, by operation.", by: "operation",
            meter.latencies.map { ($0.operation.name, $0.1) })
        text.counters(
            "telltale_broker_failures_total", "Calls that failed because the broker was not available, by operation.",
            by: "operation", meter.failures.map { ($0.operation.name, $0.count) })
    }

    private func eventLoops(_ text: inout PrometheusText) {
        text.histograms(
            "telltale_event_loop_delay_seconds", "How long event loops and shards took to come to new work, by kind.",
            by: "kind", [("http", delays.histograms.http), ("shard", delays.histograms.shard)])
        text.gauges(
            "telltale_event_loop_worst_delay_seconds",
            "The longest such delay of the last half minute or more, by loop.",
            by: "loop", delays.all.map { ($0.name, $0.worst.inSeconds) })
    }

    private func gateway(_ text: inout PrometheusText) {
        text.counters(
            "telltale_tasks_swept_total", "Tasks that were due to be looked after, by what became of them.",
            by: "outcome", counters.tasksSwept.map { ($0.outcome.rawValue, $0.count) })
        text.gauge("telltale_draining", "1 while the gateway shuts down.", counters.isDraining ? 1 : 0)
        let reloads = live.reloads
        text.counters(
            "telltale_config_reloads_total", "Times that the configuration was read again, by result.", by: "result",
            [("applied", reloads.applied), ("refused", reloads.refused)])
        text.gauge(
            "telltale_config_last_reload_successful", "0 if the configuration was last refused.",
            reloads.lastWorked ? 1 : 0)
        text.gauges(
            "telltale_build_info", "1, with the version as a label.", by: "version", [(Version.text, 1)])
    }

    private func process(_ descriptors: Int, _ text: inout PrometheusText) {
        let memory = ProcessStatus.memory
        text.counter(
            "process_cpu_seconds_total", "Processor time used, in seconds.", ProcessStatus.processorSeconds)
        text.gauge("process_resident_memory_bytes", "Memory that is in use.", memory.resident)
        text.gauge("process_virtual_memory_bytes", "Memory that is reserved.", memory.virtual)
        text.gauge("process_start_time_seconds", "When the process began, since 1970.", ProcessStatus.start)
        text.gauge("process_open_fds", "Descriptors in use.", descriptors)
        text.gauge("process_max_fds", "Descriptors that may be in use.", Descriptors.limit)
    }
}
