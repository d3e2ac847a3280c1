"""A certificate authority of a test's own, by openssl."""

import subprocess


class Authority:
    """Signs for servers on the loopback and for clients."""

    def __init__(self, folder, name="authority"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.certificate, self._key = folder / f"{name}.crt", folder / f"{name}.key"
        self._openssl("req", "-x509", "-days", "2", "-subj", f"/CN={name}", *self._fresh(self._key), "-out", self.certificate)

    def issue(self, name, names="DNS:localhost,IP:127.0.0.1"):
        """A certificate for these names, and its key."""
        certificate, key, request = (self.folder / f"{name}.{ending}" for ending in ("crt", "key", "csr"))
        extensions = self.folder / "extensions"
        extensions.write_text(f"subjectAltName={names}\n")
        self._openssl("req", "-subj", f"/CN={name}", *self._fresh(key), "-out", request)
        self._openssl(
            "x509", "-req", "-days", "2", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
            "-extfile", extensions, "-out", certificate)
        return certificate, key

    @staticmethod
    def _fresh(key):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key]

    @staticmethod
    def _openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=30)
