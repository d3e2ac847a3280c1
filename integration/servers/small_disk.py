"""One server whose tables are on a disk of their own, that can be filled."""

import os
import subprocess

from servers.postgres_server import PostgresServer, give

SIZE = "256m"
# What is left of a full disk is less than a page.
CHUNK = bytes(1 << 20)
PAGE = 4096


def as_root(*words):
    subprocess.run([*([] if os.geteuid() == 0 else ["sudo", "-n"]), *map(str, words)], check=True)


class SmallDisk(PostgresServer):
    """The write-ahead log is elsewhere: a server that can't write it stops altogether, which other tests do to it."""

    def __init__(self, *lines):
        super().__init__(*lines, data=self._mount)
        self.ballast = self.data / "ballast"

    def _mount(self, path):
        path.mkdir()
        as_root("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", path)
        try:
            self._copy_template(path)
            give(path)
            # Between disks, and whose it was.
            subprocess.run(["mv", path / "pg_wal", self.folder / "wal"], check=True)
            (path / "pg_wal").symlink_to(self.folder / "wal")
        except BaseException:
            self._unmount()
            raise

    def fill(self):
        with self.ballast.open("wb", buffering=0) as file:
            for chunk in (CHUNK, CHUNK[:PAGE]):
                try:
                    while file.write(chunk) == len(chunk):
                        pass
                except OSError:
                    pass  # It is full.

    def make_room(self):
        self.ballast.unlink()

    def _unmount(self):
        as_root("umount", "--lazy", self.folder / "data")

    def close(self):
        self.kill()
        self._unmount()
        super().close()
