"""What a server holds, as far as somebody else could miss it."""


def contents(setup):
    """Of every primary: its keys as DUMP has them, its functions with their code, its users, its configuration."""
    return [
        {
            # DUMP is bytes and no text.
            "keys": {key: node.binary.dump(key) for key in node.binary.scan_iter(count=1000)},
            "functions": sorted(map(str, node.client.function_list(withcode=True))),
            "users": sorted(node.client.acl_list()),
            "configuration": node.client.config_get("*"),
        }
        for node in setup.primaries
    ]


def fill(setup):
    """Keys of every kind and a library of somebody else's, some with names that are almost ours."""
    for node in setup.primaries:
        # In a cluster each node takes what it is responsible for.
        tag = own_tag(setup, node)
        for number, name in enumerate(["telltale", "telltale-other:x", "Telltale:x", "telltale_x", "tell", "celery", "verify-x"]):
            put(node.client, f"{name}{tag}", number)
        node.client.function_load("#!lua name=somebody\nredis.register_function('somebody_else', function() return 1 end)")


def own_tag(setup, node):
    if not hasattr(setup, "slot"):
        return ""
    return next(f"{{{number}}}" for number in range(100_000) if setup.owner(setup.slot(f"{{{number}}}")) is node)


def put(client, name, number):
    match number % 7:
        case 0: client.set(name, "text")
        case 1: client.rpush(name, "a", "b")
        case 2: client.sadd(name, "a", "b")
        case 3: client.zadd(name, {"a": 1, "b": 2})
        case 4: client.hset(name, mapping={"e": "k3f9", "t": "5"})
        case 5:
            client.xadd(name, {"a": "1"})
            client.xgroup_create(name, "workers")
        case 6: client.set(name, b"\xff\x00".decode("latin-1"), ex=3600)
