"""What the tests are made of: tables, picture folders, and the installed command."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from sklimg.table import Table

NOISE = 90  # grey levels; less, and images of a class are near copies of each other


def bars(n_of_class, seed=0, side=8):
    """Return a learnable table: class k is a bright bar in row k, on noise."""
    rng = np.random.default_rng(seed)
    images, labels = [], []
    for k, (label, count) in enumerate(n_of_class.items()):
        for _ in range(count):
            image = rng.integers(0, NOISE, (side, side), np.uint8)
            image[k % side] += np.uint8(150)
            images.append(image.ravel())
            labels.append(label)
    return Table(np.array(images), labels)


def contents(folder):
    """Return {name: bytes} of the files in *folder*."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def write_images(folder, images):
    """Write {relative path: pixels} below *folder* as image files."""
    for name, pixels in images.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return folder


def noise(count, shape=(9, 7), seed=0):
    """Return *count* different pictures of noise."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, shape, np.uint8) for _ in range(count)]


def run_sklimg(*words, stdin=b"", cwd=None):
    """Run the installed command; return the finished process, its output as text."""
    command = [str(Path(sys.executable).with_name("sklimg")), *map(str, words)]
    done = subprocess.run(command, input=stdin, capture_output=True, cwd=cwd)
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done
