"""Turn images into a table from a checkout, without installing: see ``--help``.

python tools/make_csv.py tiles -o vectors.csv
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sklimg.cli.tables import make_csv

if __name__ == "__main__":
    make_csv.main()
