"""The storm's customers, elsewhere and a little less hasty: every request is sent again until it is answered."""

import http.client
import time

from tests.cluster.portal import PORT
from tests.storm.asking import Asker, Said

# Answers that take longer are as good as lost; the key makes asking again safe.
ANSWERS_WITHIN_SECONDS = 5
PAUSE_SECONDS = (0.02, 0.12)


class RemoteAsker(Asker):
    address = ""
    longest_wait = 0.0

    def ask(self, said: Said) -> Said:
        begin = time.monotonic()
        answered = super().ask(said)
        self.longest_wait = max(self.longest_wait, time.monotonic() - begin)
        if not self.is_over():
            time.sleep(self.random.uniform(*PAUSE_SECONDS))
        return answered

    def _new_connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address, PORT, timeout=ANSWERS_WITHIN_SECONDS)
