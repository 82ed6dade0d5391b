"""The demo, run as a newcomer runs it: every number of the closing table is what the store says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_month_plays_to_its_end_and_every_number_agrees(tmp_path: Path) -> None:
    shutil.copy(ROOT / "config.toml", tmp_path)
    shutil.copytree(ROOT / "content", tmp_path / "content")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160", "NO_COLOR": "1"}
    played = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--once"], cwd=tmp_path, env=environment, capture_output=True,
        text=True, timeout=110, check=False,
    )  # fmt: skip
    assert played.returncode == 0, played.stdout[-3000:] + played.stderr[-3000:]
    lines = re.findall(r"│ (\S+)\s+│ ([\d.]+)\s+│ ([\d.]+)\s+│ (.) │", played.stdout)
    found = {label: (float(counted), float(stored), mark) for label, counted, stored, mark in lines}
    assert len(found) == 22
    assert all(counted == stored and mark == "✓" for counted, stored, mark in found.values())
    assert found["绑定的人"][0] == 518
    assert found["通知送达"][0] > found["通知回执"][0] > 0
    assert found["评议行（每人每位书记一行）"][0] == 1300
    assert found["开箱后留下的信封"] == (0, 0, "✓")
    assert "Traceback" not in played.stdout + played.stderr
    assert not (tmp_path / "var/azalea.db").exists()
