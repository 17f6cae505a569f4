"""Predictions over HTTP: one model, asked by many, closed by default.

Floor 7: the extra serve.
"""

from sklimg.extras import require

for _module in ("fastapi", "uvicorn", "python_multipart", "prometheus_client"):
    require(_module, "serve")
