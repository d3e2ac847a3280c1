"""What a server holds, as far as somebody else could miss it."""

from servers.postgres_server import run


def contents(server, without=None):
    """Roles, the database's settings, every object with its rights and rows; and locks that outlive a transaction. `without`: a schema."""
    where = ["-h", server.folder, "-p", server.port, "-U", "postgres"]
    left_out = [f"--exclude-schema={without}"] if without else []
    return {
        "globals": lines(run("pg_dumpall", *where, "--globals-only")),
        "database": lines(run("pg_dump", *where, "--create", *left_out, server.database)),
        "databases": server.query("SELECT datname, datacl::text FROM pg_database ORDER BY 1"),
        "locks": server.query("SELECT * FROM pg_locks WHERE locktype = 'advisory'"),
        "prepared": server.query("SELECT gid FROM pg_prepared_xacts"),
    }


def lines(dump):
    """Without what each dump makes up anew."""
    return [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


FOREIGN = """
CREATE ROLE somebody;
CREATE SCHEMA telltale_other AUTHORIZATION somebody;
CREATE SCHEMA telltale_verify;
CREATE SCHEMA "Telltale";
CREATE TABLE public.channel (id bigint PRIMARY KEY, name text);
CREATE TABLE telltale_other.message (id bigserial, data text);
CREATE TABLE telltale_verify.outbox (data text);
INSERT INTO public.channel VALUES (1, 'news');
INSERT INTO telltale_other.message (data) VALUES ('somebody else''s');
CREATE FUNCTION public.publish(text, text) RETURNS void LANGUAGE sql AS $$ SELECT $$;
CREATE FUNCTION public.sha256(text) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$;
CREATE VIEW public.log AS SELECT 1 AS one;
GRANT SELECT ON public.channel TO somebody;
ALTER DATABASE postgres SET work_mem = '5MB';
"""


def fill(server):
    """Things of somebody else's, with names that are almost ours."""
    with server.connect() as connection:
        connection.execute(FOREIGN)
