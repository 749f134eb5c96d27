# ScanChat with an NVIDIA GPU: PyPI's torch brings CUDA, the host brings the driver.
#   docker build -t scanchat .
#   docker run --gpus all -p 7860:7860 -v scanchat:/data scanchat
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --uid 1000 scanchat \
    && mkdir -p /app /data && chown scanchat:scanchat /app /data
USER scanchat
WORKDIR /app

# The environment is the user's own, so that `engine setup` may install into it.
ENV VIRTUAL_ENV=/home/scanchat/venv \
    PATH=/home/scanchat/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    XDG_DATA_HOME=/data \
    XDG_CACHE_HOME=/data/cache \
    HF_HOME=/data/huggingface \
    GRADIO_TEMP_DIR=/tmp/gradio \
    GRADIO_SERVER_NAME=0.0.0.0
COPY --chown=scanchat:scanchat requirements.txt constraints.txt ./
RUN python -m venv "$VIRTUAL_ENV" \
    && pip install -r requirements.txt -c constraints.txt
COPY --chown=scanchat:scanchat . .
# The weights of lite are converted into /data, so a fresh volume starts with them.
RUN python -m engine setup

EXPOSE 7860
VOLUME /data
HEALTHCHECK --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/', timeout=5)"]
CMD ["python", "gradio_app.py"]
