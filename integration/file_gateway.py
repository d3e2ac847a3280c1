"""A gateway with a configuration file, and what it says of it."""

import json

from gateway import Gateway, until


class FileGateway(Gateway):
    """A gateway whose settings stand in a file that can be changed while it runs."""

    def __init__(self, log, settings, content):
        self.file = log.with_suffix(".json")
        super().__init__(log, settings | {"config": self.file})
        # The variable would win over the file.
        del self.settings["drain"]
        self.write(content)

    def write(self, content):
        """Replaces the file in one step, as editors and deployments do."""
        new = self.file.with_suffix(".new")
        new.write_text(content if isinstance(content, str) else json.dumps(content))
        new.replace(self.file)

    def says(self, text, count=1):
        until(lambda: self.log.read_text().count(text) >= count, 15,
              lambda: f"{text!r} is not said\n{self.log.read_text()}")
