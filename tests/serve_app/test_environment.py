"""What Serve must find in the environment, and whether it does."""

from __future__ import annotations

import subprocess
import sys

from serve_app.environment import prepare_environment, serve_environment
from trending.settings import ServeSettings


def test_haproxy_is_there_only_where_the_profile_says() -> None:
    plain = serve_environment(ServeSettings())
    assert plain["RAY_SERVE_THROUGHPUT_OPTIMIZED"] == plain["RAY_SERVE_USE_GRPC_BY_DEFAULT"] == "1"
    assert "RAY_SERVE_ENABLE_HA_PROXY" not in plain
    assert serve_environment(ServeSettings(haproxy=True))["RAY_SERVE_ENABLE_HA_PROXY"] == "1"
    assert "RAY_SERVE_THROUGHPUT_OPTIMIZED" not in serve_environment(ServeSettings(throughput=False))


def test_what_is_set_already_stays() -> None:
    environ = {"RAY_SERVE_THROUGHPUT_OPTIMIZED": "0"}
    found = prepare_environment(ServeSettings(), environ)
    assert environ["RAY_SERVE_THROUGHPUT_OPTIMIZED"] == "0"
    assert found == environ


def test_serve_takes_them_and_they_are_set_before_it_is_imported() -> None:
    code = (
        "import sys\n"
        "from serve_app.environment import prepare_environment\n"
        "from trending.settings import ServeSettings\n"
        "assert 'ray' not in sys.modules\n"
        "prepare_environment(ServeSettings())\n"
        "from ray.serve._private import constants as c\n"
        "assert c.RAY_SERVE_THROUGHPUT_OPTIMIZED and c.RAY_SERVE_USE_GRPC_BY_DEFAULT\n"
        "assert not c.RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD\n"
        "assert not c.RAY_SERVE_ENABLE_DIRECT_INGRESS and not c.RAY_SERVE_ENABLE_HA_PROXY\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
