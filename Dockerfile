# syntax=docker/dockerfile:1
# The RUN lines that install anything are the Makefile targets that .ci/run runs too, so that CI tests what is shipped.
FROM python:3.11-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev make && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# Index that torch alone is taken from; with a CPU-only one the image is several GB smaller.
ARG TORCH_INDEX=""
COPY . .
RUN make wheel VENV=/opt/bloghound
RUN make install-wheel VENV=/opt/bloghound TORCH_INDEX="${TORCH_INDEX}" EXTRAS="[postgres]"

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --no-create-home bloghound
RUN install --directory --owner=bloghound --mode=0750 /data
COPY --from=build /opt/bloghound /opt/bloghound
ENV PATH="/opt/bloghound/bin:${PATH}" \
    PYTHONUNBUFFERED=1 \
    BLOGHOUND_DATA_DIR=/data
USER bloghound
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["bloghound", "serve", "--host", "0.0.0.0"]
