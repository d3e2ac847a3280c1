/// Metrics in Prometheus' text format, version 0.0.4.
struct PrometheusText {
    /// As `Content-Type` has it.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// A value that only grows while the process lives. Its name ends with `_total`.
    mutating func counter(_ name: String, _ help: String, _ value: some MetricValue) {
        begin(name, "counter", help)
        sample(name, [], value.metricText)
    }

    /// The same, of several things, each named by the label; none of them may have come up yet.
    mutating func counters(_ name: String, _ help: String, by label: String, _ values: [(String, some MetricValue)]) {
        begin(name, "counter", help)
        for (key, value) in values { sample(name, [(label, key)], value.metricText) }
    }

    /// A value that goes up and down.
    mutating func gauge(_ name: String, _ help: String, _ value: some MetricValue) {
        begin(name, "gauge", help)
        sample(name, [], value.metricText)
    }

    /// The same, of several things, each named by the label.
    mutating func gauges(_ name: String, _ help: String, by label: String, _ values: [(String, some MetricValue)]) {
        begin(name, "gauge", help)
        for (key, value) in values { sample(name, [(label, key)], value.metricText) }
    }

    /// Durations of several things, in seconds.
    mutating func histograms(_ name: String, _ help: String, by label: String, _ values: [(String, Histogram)]) {
        begin(name, "histogram", help)
        for (key, histogram) in values {
            let reading = histogram.reading
            for (bound, count) in zip(histogram.bounds, reading.counts) {
                sample("\(name)_bucket", [(label, key), ("le", "\(bound.inSeconds)")], "\(count)")
            }
            sample("\(name)_bucket", [(label, key), ("le", "+Inf")], "\(reading.count)")
            sample("\(name)_sum", [(label, key)], "\(reading.sum.inSeconds)")
            sample("\(name)_count", [(label, key)], "\(reading.count)")
        }
    }

    private mutating func begin(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        let list = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        text += name + (labels.isEmpty ? "" : "{\(list)}") + " \(value)\n"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

/// A number as a sample has it.
protocol MetricValue {
    var metricText: String { get }
}

extension MetricValue {
    var metricText: String { "\(self)" }
}

extension UInt64: MetricValue {}
extension Int: MetricValue {}
extension Double: MetricValue {}
