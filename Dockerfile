# syntax=docker/dockerfile:1
# A service that answers what pictures show; docs/deployment.md tells how to run it.

ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml setup.cfg README.md LICENSE ./
COPY sklimg ./sklimg
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .
RUN python -m venv --without-pip /opt/sklimg && \
    python -m pip --python /opt/sklimg/bin/python install --no-cache-dir \
    "$(echo /wheels/sklimg-*.whl)[serve]"

FROM python:${PYTHON}-slim-bookworm
LABEL org.opencontainers.image.title="sklimg" \
      org.opencontainers.image.description="Small, honest image classifiers, served over HTTP" \
      org.opencontainers.image.licenses="BSD-3-Clause"
COPY --from=build /opt/sklimg /opt/sklimg
# the user of the container reads it, whatever mask the checkout was made under
COPY --chmod=0644 tools/container/health.py /opt/sklimg/health.py
RUN install -d -m 0755 /model && install -d -m 0700 -o 10001 -g 10001 /data
# what is printed is seen at once; nothing is written outside of /data and /tmp
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp
USER 10001:10001
# Mount the run at /model, read-only; /data is for one service alone. Neither is a VOLUME:
# what compose mounts there in memory would then come twice when it makes the container anew.
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=60s --retries=3 \
    CMD ["/opt/sklimg/bin/python", "-I", "/opt/sklimg/health.py", "http://127.0.0.1:8000/health/live", "/data/token"]
ENTRYPOINT ["/opt/sklimg/bin/sklimg", "serve", "--model", "/model", "--data", "/data", "--host", "0.0.0.0", "--port", "8000"]
