"""How gunicorn serves the demo.

Threads, so that a request that waits for Slack holds up no other. One process on SQLite, which
has one writer anyway; two on PostgreSQL.
"""

import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
threads = 8
workers = int(
    os.environ.get("WEB_CONCURRENCY")
    or (2 if os.environ.get("DATABASE_URL", "sqlite").startswith("postgres") else 1)
)
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108
graceful_timeout = 10
keepalive = 5
control_socket_disable = True  # no file outside this folder
