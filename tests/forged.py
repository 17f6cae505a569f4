"""Models that somebody has changed, and set the sums right."""

import json

from sklimg.modelfiles import sums_of


def changed(folder, **changes):
    """Change a manifest, and set the sums right, as one who forges a model would."""
    manifest = folder / "model" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changes))
    set_right(folder / "model")


def set_right(model_dir):
    names = ["model.npz", "manifest.json", "pipeline.joblib"]
    sums = sums_of({name: (model_dir / name).read_bytes() for name in names})
    (model_dir / "SHA256SUMS").write_bytes(sums)
