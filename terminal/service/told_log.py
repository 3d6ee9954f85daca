"""What libraries log, told like everything else on stderr."""

from __future__ import annotations

import logging

from terminal.diagnostics import tell


class ToldLog(logging.Handler):
    """Tells each record line by line, without what a terminal would obey: requests are quoted in some."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record, with the way to an error that nobody expected."""
        for line in self.format(record).splitlines():
            tell(line)


def tell_log(name: str, level: int = logging.WARNING) -> None:
    """Tell what the library `name` logs from `level` on, and let nobody else print it."""
    log, handler = logging.getLogger(name), ToldLog()
    handler.setFormatter(logging.Formatter("{name}: {message}", style="{"))
    log.handlers, log.propagate = [handler], False
    log.setLevel(level)
