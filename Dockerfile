# The demo: its web server by default, its worker by another command. See docs/containers.md.
# What the RUN lines run, .ci/container runs too, on machines without a container engine.

ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS build
WORKDIR /build
COPY . .
RUN container/install /opt/response

FROM ${PYTHON}
COPY --from=build /opt/response /opt/response
# The only place it writes to: random secrets, made when it first runs, and SQLite's files.
RUN install --directory --mode=700 --owner=10001 --group=10001 /opt/response/demo/.state
VOLUME /opt/response/demo/.state

WORKDIR /opt/response
ENV PATH=/opt/response/venv/bin:$PATH \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=8000 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["python", "healthy.py", "web"]
CMD ["python", "demo/start.py"]
