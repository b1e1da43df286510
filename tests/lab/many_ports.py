"""One index server behind many ports: as many origins, for the price of one."""

from __future__ import annotations

import selectors
import threading
from types import TracebackType

from .index_server import IndexServer
from .listener import Listener


class ManyPorts:
    """So many further ports of a running `IndexServer`, which logs what reaches any of them.

    One thread accepts for all of them; a handshake has a thread of its own, as on the server's first port.
    """

    def __init__(self, server: IndexServer, count: int) -> None:
        self.server = server
        self._listeners = [Listener(server, "127.0.0.1") for _ in range(count)]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> ManyPorts:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()
        for listener in self._listeners:
            listener.server_close()
            listener.close_connections()

    @property
    def origins(self) -> list[str]:
        return [f"{self.server.scheme}://localhost:{listener.server_port}" for listener in self._listeners]

    @property
    def index_urls(self) -> list[str]:
        return [f"{origin}/simple/" for origin in self.origins]

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            for listener in self._listeners:
                listener.timeout = 0
                selector.register(listener, selectors.EVENT_READ, listener)
            while not self._stopped.is_set():
                for key, _ in selector.select(0.1):
                    key.data.handle_request()
