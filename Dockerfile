# One image for every service: `novabot migrate`, `novabot bot`, `novabot dashboard`.
FROM python:3.13-slim AS build
WORKDIR /source
RUN python -m venv /opt/novabot
COPY constraints.txt ./
COPY pyproject.toml README.md LICENSE ./
COPY sql sql
COPY app app
COPY novabot novabot
RUN /opt/novabot/bin/pip install --no-cache-dir --disable-pip-version-check \
    --constraint constraints.txt .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin novabot
COPY --from=build /opt/novabot /opt/novabot
ENV PATH=/opt/novabot/bin:$PATH \
    NOVABOT_LOG_FORMAT=json \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER novabot
# Exec form: the service is process 1 and gets the signals itself.
ENTRYPOINT ["novabot"]
CMD ["--help"]
