"""What has failed is left alone for a while, and then tried by one."""

from __future__ import annotations

from serve_app.breaker import PROBE_S, REST_S, Breaker


def test_one_request_tries_after_the_rest_and_the_others_do_not_wait_for_it() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    assert breaker.allows("bert")
    breaker.failed("bert")
    assert not breaker.allows("bert")
    assert breaker.allows("xgboost")
    now[0] = REST_S + 0.1
    assert breaker.allows("bert")
    assert not breaker.allows("bert")
    breaker.answered("bert")
    assert breaker.allows("bert")
    assert breaker.allows("bert")


def test_a_try_that_never_comes_back_does_not_keep_it_away_for_ever() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    breaker.failed("bert")
    now[0] = REST_S
    assert breaker.allows("bert")
    now[0] = REST_S + PROBE_S
    assert breaker.allows("bert")
