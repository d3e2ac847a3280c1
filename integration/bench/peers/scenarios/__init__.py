"""What is measured: a module each, in the order of the tables."""

from scenarios import alone, at_rest, brokers, connecting, growth, idle, latency, saturated, slow, storm

SCENARIOS = {module.__name__.rpartition(".")[2]: module for module in (
    saturated, at_rest, idle, latency, storm, growth, brokers, connecting, alone, slow)}
