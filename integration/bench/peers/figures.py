"""The figures to reach: ratios to a peer in the same round, and what each has to be at least or at most."""

from dataclasses import dataclass

from case import title
from scenarios import growth, idle, latency, storm

AT_LEAST, AT_MOST = "≥", "≤"


@dataclass(frozen=True)
class Figure:
    what: str
    against: str
    sign: str
    bound: float
    values: list  # one for each round; empty where it was not measured

    def is_met(self, value):
        return value >= self.bound if self.sign == AT_LEAST else value <= self.bound


def against(records, scenario, case, key, peer, their_case=None):
    return records.ratios((scenario, case, "telltale", key), (scenario, their_case or case, peer, key))


def saturated(records, sizes):
    bounds = {"uwebsockets": 2, "nchan": 15, "bare": 12}
    for transport in ("WebSocket", "SSE"):
        for readers in (sizes.few, sizes.many):
            case = title(transport, readers)
            for peer, bound in bounds.items():
                theirs = title("WebSocket", readers) if peer == "uwebsockets" else case  # it has no SSE of its own
                yield Figure(f"deliveries/s, saturated: {case}", peer, AT_LEAST, bound, against(
                    records, "saturated", case, "deliveries_per_s", peer, theirs))


def at_rest(records, sizes):
    for transport in ("WebSocket", "SSE"):
        for readers in (sizes.few, sizes.many):
            case = title(transport, readers)
            for peer, bound in {"bare": 1.15, "nchan": 0.75}.items():
                yield Figure(f"CPU a delivery at rest: {case}", peer, AT_MOST, bound, against(
                    records, "at_rest", case, "server_us_per_delivery", peer))


def memory(records, sizes):
    bounds = {("uwebsockets", False): 2, ("nchan", False): 0.15, ("nchan", True): 0.8}
    for (peer, tls), bound in bounds.items():
        for transport in ("WebSocket", "SSE"):
            case, theirs = (idle.named(sizes, each, tls) for each in (transport, "WebSocket"))
            yield Figure(f"memory an idle connection: {case}", peer, AT_MOST, bound, against(
                records, "idle", case, "kb_per_conn", peer, theirs if peer == "uwebsockets" else case))


def delays(records, sizes):
    for times in (latency.EVENLY, latency.AT_RANDOM):
        for transport in ("WebSocket", "SSE"):
            case = latency.named(transport, sizes.few, times)
            for peer, bound in {"nchan": 0.5, "bare": 1.2}.items():
                yield Figure(f"p99 at half of nchan's saturation: {case}", peer, AT_MOST, bound, against(
                    records, "latency", case, "p99_us", peer))


def frameworks(records, sizes):
    case = title("WebSocket", sizes.few)
    for peer, bound in {"flask-socketio": 50, "channels": 1_000, "channels-pubsub": 1_000}.items():
        yield Figure(f"deliveries/s, saturated: {case}", peer, AT_LEAST, bound, against(
            records, "saturated", case, "deliveries_per_s", peer))
        ours, theirs = (("saturated", case, name, "server_us_per_delivery") for name in ("telltale", peer))
        yield Figure(f"CPU a delivery, saturated, theirs to ours: {case}", peer, AT_LEAST, bound, records.ratios(theirs, ours))


def storms(records, sizes):
    for transport in ("SSE", "WebSocket"):
        case = storm.named(sizes, transport, "Redis")
        yield Figure(f"broker reads in a storm: {case}", "–", AT_MOST, 10, list(
            records.values("storm", case, "telltale", "broker_reads").values()))


def growing(records, sizes):
    """How much dearer a delivery is to many readers than to few, relative to how much dearer the bare loop's is."""
    _, few, many = map(growth.readers_case, sizes.growing)
    costs = {(peer, case): records.values("growth", case, peer, "server_us_per_delivery")
             for peer in ("telltale", "bare") for case in (few, many)}
    rounds = set.intersection(*(set(values) for values in costs.values()))
    dearer = {peer: {round: costs[peer, many][round] / costs[peer, few][round] for round in rounds}
              for peer in ("telltale", "bare")}
    yield Figure(f"growth of the cost a delivery: {sizes.growing[1]:,} to {sizes.growing[2]:,} readers", "bare's growth",
                 AT_MOST, 1.1, [dearer["telltale"][round] / dearer["bare"][round] for round in sorted(rounds)])


def figures(records, sizes):
    for part in (saturated, at_rest, memory, delays, frameworks, storms, growing):
        yield from part(records, sizes)
