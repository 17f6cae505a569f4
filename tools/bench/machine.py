"""Say on what a benchmark ran: processor, cores, versions.

python tools/bench/machine.py
"""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine() -> str:
    """Return one line about processor, cores and versions."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    versions = [f"{name} {version(name)}" for name in ("sklimg", "numpy", "pandas", "scikit-learn")]
    return (
        f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {', '.join(versions)}"
    )


if __name__ == "__main__":
    print(machine())
