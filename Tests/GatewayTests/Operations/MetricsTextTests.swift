import HTTPTypes
import Testing

@testable import Gateway

@Suite struct MetricsTextTests {
    @Test func `a histogram's buckets hold what is below their bound, and the last all`() {
        let histogram = Histogram(bounds: [.milliseconds(1), .milliseconds(10)])
        for duration in [Duration.microseconds(1), .milliseconds(1), .milliseconds(5), .seconds(1)] {
            histogram.observe(duration)
        }
        var text = PrometheusText()
        text.histograms("a_seconds", "Help.", by: "of", [("x", histogram)])
        #expect(
            text.text == """
                # HELP a_seconds Help.
                # TYPE a_seconds histogram
                a_seconds_bucket{of="x",le="0.001"} 2
                a_seconds_bucket{of="x",le="0.01"} 3
                a_seconds_bucket{of="x",le="+Inf"} 4
                a_seconds_sum{of="x"} 1.006001
                a_seconds_count{of="x"} 4

                """)
    }

    @Test func `a label's value can't end it`() {
        var text = PrometheusText()
        text.counters("a_total", "Help.", by: "code", [("x\"} 1\n\\", UInt64(1))])
        #expect(text.text.hasSuffix("a_total{code=\"x\\\"} 1\\n\\\\\"} 1\n"))
    }

    @Test func `refusals are bounded in their codes, and none is lost`() {
        let refusals = Refusals()
        for number in 0..<(Refusals.mostCodes + 50) {
            refusals.count(Problem(.badRequest, "code_\(number)", ""))
        }
        #expect(refusals.all.count == Refusals.mostCodes + 1)
        #expect(refusals.all.first { $0.code == Refusals.others }?.count == 50)
    }

    @Test func `a delay counts before it is over, and a loop is asked once at a time`() {
        let delay = LoopDelay(name: "x", histogram: Histogram(bounds: LoopDelay.bounds))
        #expect(delay.worst == .zero)
        #expect(delay.ask())
        #expect(!delay.ask())
        #expect(delay.worst > .zero)
        delay.answered()
        delay.answered()
        let worst = delay.worst
        #expect(worst > .zero)
        #expect(delay.worst == worst)
        #expect(delay.ask())
    }
}
