# The tool server with all that it uses: Python and Chromium for the bundled servers, bubblewrap for installed ones.
#   docker build -t datapresso .        docker compose up
FROM node:24-bookworm-slim

# tini reaps what ended servers leave to process 1
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 python3-pip bubblewrap chromium fonts-liberation git tini util-linux \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json ./
# The command "kernel" is a workspace of the lock file.
COPY kernel/package.json kernel/
# The optional packages are Node itself, which this image has, and what speeds up SSH to a far engine.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY kernel kernel
COPY plugins plugins
COPY mcp-servers mcp-servers
COPY pipelines pipelines
COPY config config

# Named volumes take their owner from here.
RUN mkdir -p /data/containers && chown -R node:node /data
USER node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8090 DATA_DIR=/data
VOLUME /data
EXPOSE 8090
HEALTHCHECK --interval=30s --timeout=3s --start-period=15s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8090/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Listening beyond loopback needs API_KEY; the sandboxes need the security options of docker-compose.yml.
ENTRYPOINT ["tini", "--", "node", "kernel/bin.js"]
CMD ["start", "pipelines/server.yaml"]
