"""Writes the two lock files (pins with hashes, no index addresses, no annotations) from pyproject.toml."""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
project = tomllib.loads((ROOT / "pyproject.toml").read_text())
runtime = project["project"]["dependencies"]
development = runtime + project["dependency-groups"]["dev"]
FLAGS = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header", "-q"]

with tempfile.TemporaryDirectory() as folder:
    for name, wanted, extra in (
        ("requirements.txt", runtime, []),
        ("requirements-dev.txt", development, ["-c", str(ROOT / "requirements.txt")]),
    ):
        source = Path(folder) / "wanted.in"
        source.write_text("\n".join(wanted) + "\n")
        command = ["uv", "pip", "compile", *FLAGS, *extra, str(source), "-o", str(ROOT / name)]
        if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own arguments
            sys.exit("lock: needs uv (python -m pip install uv)")
