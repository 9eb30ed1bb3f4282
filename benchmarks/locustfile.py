"""What people do with the service, for Locust, against a staging cluster:

    locust --headless --locustfile benchmarks/locustfile.py --host https://staging.example \
      --users 50 --spawn-rate 5 --run-time 2m

`TRENDING_API_KEY` in the environment is sent where the service has keys. Without `--headless` Locust has a page.
"""

from __future__ import annotations

import os
import random
from typing import Any

from locust import FastHttpUser, between, events, task

PLOTS = (
    "Villagers who can pay only in rice hire swordsmen against returning bandits.",
    "A detective follows a careful thief through a city that never quite sleeps.",
    "Two rival bakers are locked in a lighthouse for a winter and learn each other's recipes.",
    "A probe at the edge of the solar system answers in the voice of its dead engineer.",
    "A documentary crew spends a year with the last shepherds of a drowned valley.",
)
WORDS = ("night", "family", "war", "love", "detective", "island", "music", "escape")
MAX_REFUSED = 0.01
"""Share of requests that may fail before the run itself counts as failed."""


class Visitor(FastHttpUser):
    """Looks around, mostly; asks the models now and then; seldom has something to say."""

    wait_time = between(0.5, 2.0)
    connection_timeout = 10.0
    network_timeout = 90.0

    def on_start(self) -> None:
        """The first page, as the browser would ask for it."""
        key = os.environ.get("TRENDING_API_KEY")
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.title_ids: list[str] = []
        self.etags: dict[str, str] = {}
        self.browse()

    @task(30)
    def browse(self) -> None:
        """What is new and rated highest, which the browser keeps as long as it is unchanged."""
        found = self.read("/v1/trending?limit=100", "/v1/trending")
        self.title_ids = [item["title_id"] for item in found.get("items", ())] or self.title_ids

    @task(20)
    def search(self) -> None:
        """A word, and some of its filters."""
        query = f"/v1/titles?q={random.choice(WORDS)}&limit=50"
        self.read(query + random.choice(("", "&kind=movie", "&sort=title", "&year_from=2015")), "/v1/titles")

    @task(20)
    def title_page(self) -> None:
        """All that its page asks for."""
        if self.title_ids:
            one = random.choice(self.title_ids)
            self.read(f"/v1/titles/{one}", "/v1/titles/[id]")
            self.read(f"/v1/titles/{one}/genres", "/v1/titles/[id]/genres")
            self.read(f"/v1/similar/{one}?limit=8", "/v1/similar/[id]")

    @task(20)
    def genres(self) -> None:
        """A plot that nobody has asked about before."""
        self.write("/v1/genres", {"title": f"Title {random.random():.6f}", "plot": random.choice(PLOTS)})

    @task(2)
    def enrich(self) -> None:
        """The whole chain, language model included."""
        reviews = ["Slow, but worth the wait.", "My children laughed all the way through."]
        plot = f"{random.choice(PLOTS)} ({random.random():.6f})"
        self.write("/v1/enrich", {"title": "A film", "plot": plot, "reviews": reviews})

    @task(1)
    def feedback(self) -> None:
        """A genre is missing."""
        if self.title_ids:
            one = random.choice(self.title_ids)
            self.write("/v1/feedback", {"title_id": one, "right": ["Drama"], "comment": "load test"})

    def read(self, path: str, name: str) -> dict[str, Any]:
        """A GET that says what it has already."""
        known = {"If-None-Match": self.etags[path]} if path in self.etags else {}
        found: dict[str, Any] = {}
        with self.client.get(path, name=name, headers=self.headers | known, catch_response=True) as reply:
            if reply.status_code in (200, 304):
                reply.success()
            else:
                reply.failure(f"{reply.status_code}")
            if reply.status_code == 200:
                found = reply.json()
                self.etags[path] = str((reply.headers or {}).get("ETag", ""))
        return found

    def write(self, path: str, body: dict[str, Any]) -> None:
        """A POST."""
        self.client.post(path, json=body, headers=self.headers)


@events.quitting.add_listener
def judge(environment: Any, **_: Any) -> None:
    """The exit status tells a pipeline whether too much failed, or nothing was asked at all."""
    total = environment.stats.total
    if total.fail_ratio > MAX_REFUSED or not total.num_requests:
        environment.process_exit_code = 1
