from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, torch
torch.cuda.is_available = lambda: True
from trending.training.bert.deepspeed_engine import import_deepspeed
deepspeed = import_deepspeed(torch.device("cpu"))
assert deepspeed.get_accelerator().device_name() == "cpu", deepspeed.get_accelerator().device_name()
assert not {"mlflow", "xgboost"} & set(sys.modules)
import mlflow, xgboost
"""


def test_deepspeed_takes_the_device_that_it_is_told_and_no_package_that_it_does_not_need() -> None:
    """A worker without a GPU sees those of its machine all the same."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
