"""The command line: parse, one or two calls, echo.

Floor 8: the top; only click is imported before a command runs.
"""

import click

from sklimg.cli.check import check
from sklimg.cli.compare import compare
from sklimg.cli.demo import demo
from sklimg.cli.door import Group
from sklimg.cli.evaluate import evaluate
from sklimg.cli.export import export
from sklimg.cli.fit import fit
from sklimg.cli.info import info
from sklimg.cli.predict import predict
from sklimg.cli.report import report
from sklimg.cli.retrain import retrain
from sklimg.cli.serve import serve
from sklimg.cli.sheets import join_images, split_images
from sklimg.cli.tables import make_csv
from sklimg.cli.template import template

__all__ = ["main"]


@click.group(cls=Group)
def main():
    """Turn scanned sheets and folders of pictures into small, honest classifiers.

    \b
    The way from a sheet to an answer:
        sklimg split-images sheet.png --rows 10 --cols 10 -o tiles
        sklimg make-csv tiles -o vectors.csv
        sklimg check vectors.csv
        sklimg fit vectors.csv --grid
        sklimg predict picture.png

    \b
    Exit codes: 0 done; 1 a bug; 2 wrong usage; 3 input not usable, nothing
    written; 4 done, some inputs rejected; 5 model refused; 6 disk or permission;
    7 a gate failed; 130 interrupted.
    """


for _command in (
    *(template, split_images, join_images, make_csv, check, fit, predict, evaluate),
    *(report, compare, retrain, info, export, serve, demo),
):
    main.add_command(_command)
