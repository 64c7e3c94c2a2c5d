# One image for every process; the sub-command says which: server, scheduler, worker.

FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock ./
# The versions that are tested; the lock also holds those of the dev extra, which pip then leaves out.
RUN grep -oE '^[A-Za-z0-9._-]+==[^ ;]+' requirements.lock > /constraints.txt \
    && pip install --no-cache-dir --constraint /constraints.txt hatchling
COPY pyproject.toml README.md ./
COPY lhredis lhredis
COPY scripts/lua scripts/lua
RUN python -m venv /opt/lhredis \
    && python -m hatchling build -t wheel -d /wheels \
    && /opt/lhredis/bin/pip install --no-cache-dir --constraint /constraints.txt "$(ls /wheels/*.whl)[grpc]"

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin lhredis
COPY --from=build /opt/lhredis /opt/lhredis
ENV PATH=/opt/lhredis/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LHREDIS_REDIS_URL=redis://127.0.0.1:6379/0
USER lhredis
EXPOSE 8000 2023
STOPSIGNAL SIGTERM
ENTRYPOINT ["lhredis"]
CMD ["--help"]
