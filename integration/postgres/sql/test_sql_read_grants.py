"""Who is granted nothing can do nothing; the printed grants give each role what it needs and no more."""

import psycopg
import pytest
from conftest import SQL
from reading import append, recover

ROLES = ["gateway", "producer", "reader"]


@pytest.fixture
def as_role(database, db, connect):
    """Connections as the roles of the printed grants, and as one without any."""
    for role in [*ROLES, "nobody"]:
        db.execute(f"CREATE ROLE telltale_{role} LOGIN")
    db.execute((SQL / "grants.template").read_text().replace("@schema@", '"telltale"').replace("@name@", "telltale"))
    yield lambda role, **options: connect(user=f"telltale_{role}", **options)
    for role in [*ROLES, "nobody"]:
        db.execute(f"DROP OWNED BY telltale_{role}")
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [f"telltale_{role}"])
        db.execute(f"DROP ROLE telltale_{role}")


def names(db, condition):
    return {name for (name,) in db.execute(
        "SELECT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'telltale'::regnamespace AND " + condition)}


def test_nobody_can_do_anything(as_role):
    nobody = as_role("nobody")
    for statement in ["SELECT telltale.publish('c:x', 'x')", "SELECT telltale.clean(1)", "SELECT * FROM telltale.log"]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            nobody.execute(statement)


def test_each_role_may_call_its_functions_and_no_other(as_role, db):
    may = {role: names(db, f"has_function_privilege('telltale_{role}', p.oid, 'EXECUTE')") for role in [*ROLES, "nobody"]}
    assert may == {
        "gateway": {
            "append", "claim_tasks", "clean", "configure", "export", "export_tasks", "fetch", "import_tasks", "inspect", "list",
            "list_tasks", "record_tasks", "recover", "relay", "remove", "remove_tasks", "restore_abandon", "restore_begin",
            "restore_commit", "restore_keys", "restore_messages"},
        "producer": {"publish", "task"}, "reader": set(), "nobody": set()}


def test_what_acts_for_its_owner_looks_nothing_up_where_a_caller_could_put_it(db):
    assert names(db, "p.prosecdef AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(p.proconfig, '{}'))") == set()


def test_the_gateway_works_without_rights_on_tables(as_role):
    gateway = as_role("gateway")
    assert gateway.execute("SELECT version FROM telltale.setting").fetchone()
    append(gateway, ("c:a", b"x", "k", "t"))
    assert len(recover(gateway, "c:a", "earliest")[1].records) == 1
    ((epoch, *_),) = gateway.execute("SELECT * FROM telltale.inspect('c:a')").fetchall()
    assert gateway.execute("SELECT telltale.fetch('c:a', %s, 1, 1)", [epoch]).fetchone()[0]
    assert gateway.execute("SELECT * FROM telltale.list('', NULL, 10)").fetchall()
    gateway.execute("SELECT telltale.record_tasks('{task:1}', '{started}', '{0}')")
    assert gateway.execute("SELECT channels FROM telltale.claim_tasks(1, 1000)").fetchone() == ("task:1",)
    assert gateway.execute("SELECT channel FROM telltale.list_tasks(NULL, NULL, NULL, 10)").fetchall() == [("task:1",)]
    ((channel, state, created, wait),) = gateway.execute("SELECT * FROM telltale.export_tasks(NULL, 10)")
    gateway.execute("SELECT telltale.import_tasks(%s, %s, %s, %s)", [[channel], [state], [created], [wait]])
    gateway.execute("SELECT telltale.remove_tasks('{task:1}')")
    gateway.execute("SELECT telltale.relay('', 10)")
    gateway.execute("SELECT telltale.clean(10)")
    gateway.execute("SELECT * FROM telltale.export('c:a', 'log', 0, 100)")
    ((copy,),) = gateway.execute("SELECT telltale.restore_begin('c:b')")
    gateway.execute("SELECT telltale.restore_abandon(%s)", [copy])
    assert gateway.execute("SELECT telltale.remove('c:a', 100)").fetchone() == (True,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        gateway.execute("SELECT FROM telltale.message")


def test_a_producer_publishes_and_the_reader_sees_it(as_role):
    producer = as_role("producer", autocommit=False)
    producer.execute("SELECT telltale.publish('c:own', 'hello')")
    producer.execute("SELECT telltale.task('42', 'started')")
    producer.commit()
    reader = as_role("reader")
    assert reader.execute("SELECT channel, data FROM telltale.log WHERE channel = 'c:own'").fetchall() == [("c:own", "hello")]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("SELECT FROM telltale.message")
