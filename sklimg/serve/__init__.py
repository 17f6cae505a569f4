"""Predictions over HTTP: one model, asked by many, closed by default.

Floor 7: the extra serve.
"""

from sklimg.extras import require

require("fastapi", "serve")
require("uvicorn", "serve")
require("python_multipart", "serve")
require("prometheus_client", "serve")
