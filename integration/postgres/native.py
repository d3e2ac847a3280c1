"""Publishing by SQL, as a producer's own code does it."""


def publish(connection, channel, data, **options):
    """In the connection's transaction, or in one of its own if it commits by itself."""
    call(connection, "telltale.publish", channel, data, **options)


def call(connection, function, *arguments, **options):
    words = ["%s"] * len(arguments) + [f"{name} => %s" for name in options]
    connection.execute(f"SELECT {function}({', '.join(words)})", [*arguments, *options.values()])
