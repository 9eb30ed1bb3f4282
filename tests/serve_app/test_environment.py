"""What Serve must find in the environment, and whether it does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from serve_app.environment import prepare_environment, serve_environment
from serve_app.haproxy_launcher import write_launcher
from trending.settings import ServeSettings, Settings


def test_haproxy_is_there_only_where_the_profile_says() -> None:
    plain = serve_environment(ServeSettings())
    assert plain["RAY_SERVE_THROUGHPUT_OPTIMIZED"] == plain["RAY_SERVE_USE_GRPC_BY_DEFAULT"] == "1"
    assert "RAY_SERVE_ENABLE_HA_PROXY" not in plain
    assert serve_environment(ServeSettings(haproxy=True))["RAY_SERVE_ENABLE_HA_PROXY"] == "1"
    assert "RAY_SERVE_THROUGHPUT_OPTIMIZED" not in serve_environment(ServeSettings(throughput=False))


def test_what_is_set_already_stays(settings: Settings) -> None:
    environ = {"RAY_SERVE_THROUGHPUT_OPTIMIZED": "0"}
    found = prepare_environment(settings, environ)
    assert environ["RAY_SERVE_THROUGHPUT_OPTIMIZED"] == "0"
    assert found == environ


def test_serve_takes_them_and_they_are_set_before_it_is_imported() -> None:
    code = (
        "import sys\n"
        "from serve_app.environment import prepare_environment\n"
        "from trending.settings import Settings\n"
        "assert 'ray' not in sys.modules\n"
        "prepare_environment(Settings())\n"
        "from ray.serve._private import constants as c\n"
        "assert c.RAY_SERVE_THROUGHPUT_OPTIMIZED and c.RAY_SERVE_USE_GRPC_BY_DEFAULT\n"
        "assert not c.RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD\n"
        "assert not c.RAY_SERVE_ENABLE_DIRECT_INGRESS and not c.RAY_SERVE_ENABLE_HA_PROXY\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


CONFIGURATION = """frontend prometheus
    bind :9101
frontend http_frontend
    bind *:8000
    bind 127.0.0.1:8001
listen stats
  bind *:8404
"""


def test_statistics_of_haproxy_are_for_this_machine_only(tmp_path: Path) -> None:
    written = tmp_path / "haproxy.cfg"
    written.write_text(CONFIGURATION, encoding="utf-8")
    launcher = write_launcher(tmp_path / "service", "/bin/echo")
    done = subprocess.run(
        [launcher, "-db", "-f", str(written), "-sf", "1"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["-db", "-f", str(written), "-sf", "1"]
    binds = [line.split()[1] for line in written.read_text(encoding="utf-8").splitlines() if "bind" in line]
    assert binds == ["127.0.0.1:9101", "*:8000", "127.0.0.1:8001", "127.0.0.1:8404"]


def test_a_profile_with_haproxy_starts_it_by_that_program(settings: Settings) -> None:
    chosen = settings.model_copy(update={"serve": ServeSettings(haproxy=True)})
    environ: dict[str, str] = {}
    prepare_environment(chosen, environ)
    assert Path(environ["RAY_SERVE_HAPROXY_BINARY_PATH"]).parent == settings.service_dir
    assert environ["RAY_SERVE_ENABLE_HA_PROXY"] == "1"
