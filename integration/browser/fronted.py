"""A gateway that the browser reaches through a reverse proxy, as deploy/ sets it up."""

from gateway import Gateway


class FrontedGateway(Gateway):
    """Whoever asks for its port or its URL gets the proxy's; killed and started again, it is behind the same proxy."""

    def __init__(self, front, log, settings):
        super().__init__(log, settings)
        # Both gateways of the configuration are this one.
        self.front = front(log.with_suffix(".front"), [self, self])
        self.own = self.port

    def start(self):
        self._lead_to(self.own)
        super().start()
        if self.front.process is None:
            self.front.start()
        self._lead_to(self.front.port)
        return self

    def stop(self):
        self.front.stop()
        super().stop()

    def _lead_to(self, port):
        self.port = port
        self.base_url = f"http://127.0.0.1:{port}"
