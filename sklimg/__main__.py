"""Run ``python -m sklimg`` as the command ``sklimg``."""

from sklimg.cli import main

if __name__ == "__main__":
    main(prog_name="sklimg")
