"""Cut sheets into tiles from a checkout, without installing: see ``--help``.

python tools/split_images.py scan.png --rows 10 --cols 10 -o tiles
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sklimg.cli.sheets import split_images

if __name__ == "__main__":
    split_images.main()
