"""What something cost: instructions and allocations in user mode, and system calls."""

from collections import Counter
from dataclasses import dataclass, field, replace

ALLOCATORS = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"}


@dataclass(frozen=True)
class Cost:
    """`functions` has each function's own instructions, without those of what it calls."""

    instructions: float
    allocations: float
    system_calls: float
    functions: Counter = field(default_factory=Counter, repr=False)

    def __sub__(self, other):
        functions = Counter(self.functions)
        functions.subtract(other.functions)
        return Cost(
            self.instructions - other.instructions, self.allocations - other.allocations,
            self.system_calls - other.system_calls, functions)

    def per(self, units):
        functions = Counter({name: own / units for name, own in self.functions.items()})
        return Cost(self.instructions / units, self.allocations / units, self.system_calls / units, functions)


def lowest(costs):
    """What it costs when nothing else happens: a timer, or a table that grows just then, only adds."""
    return replace(
        min(costs, key=lambda cost: cost.instructions), allocations=min(cost.allocations for cost in costs),
        system_calls=min(cost.system_calls for cost in costs))


class _Dump:
    """Reads what callgrind writes with `--collect-systime` (its manual, "Callgrind Format Specification"), all threads together."""

    def __init__(self):
        self.names, self.functions = {}, Counter()
        self.allocations = self.system_calls = 0
        self.function = self.called = None
        self.is_of_call = False  # the next line of costs is what a called function cost, which stands with that, too

    def read(self, line):
        key, _, value = line.partition("=")
        if key == "fn":
            self.function = self._name(value)
        elif key == "cfn":
            self.called = self._name(value)
        elif key == "calls":
            self.is_of_call = True
            if _allocates(self.called) and not _allocates(self.function):
                self.allocations += int(value.split()[0])
        elif self.function and line[:1] in tuple("0123456789+-*"):
            self._add(*map(int, line.split()[1:3]))

    def _add(self, instructions, system_calls=0):
        if not self.is_of_call:
            self.functions[self.function] += instructions
            self.system_calls += system_calls
        self.is_of_call = False

    def _name(self, text):
        number, _, name = text.partition(" ")
        return self.names.setdefault(number, name)


def _allocates(function):
    return function.split("@")[0] in ALLOCATORS


def read_callgrind(lines):
    dump = _Dump()
    for line in lines:
        dump.read(line.rstrip())
    return Cost(dump.functions.total(), dump.allocations, dump.system_calls, dump.functions)
