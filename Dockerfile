# syntax=docker/dockerfile:1
# The server for an external PostgreSQL: no embedded database, no development tools, no root.
# The base image has the Node version that package.json pins, so the npm package `node` is not installed.
ARG NODE=24.21.0-bookworm-slim

FROM node:${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Install scripts would download Node and unpack the embedded PostgreSQL.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY .gmrc ./
COPY migrations ./migrations
COPY src ./src
# graphile-migrate writes committed files with mode 0440; the server runs as the user node.
RUN chmod -R u=rwX,go=rX .

# docker build --target auth: the Better Auth example, for compose.yaml.
FROM build AS auth
COPY examples/better-auth ./examples/better-auth
RUN npm ci --prefix examples/better-auth --no-audit --no-fund && chmod -R u=rwX,go=rX examples
ENV NODE_ENV=production AUTH_HOST=0.0.0.0
USER node
CMD ["node", "examples/better-auth/server.ts"]

FROM node:${NODE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=5678
WORKDIR /app
COPY --from=build /app ./
USER node
EXPOSE 5678
# /livez, not /readyz: a container must not be killed while its database is down.
HEALTHCHECK --interval=10s --timeout=3s --start-period=70s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Without npm, so that signals reach the server directly.
CMD ["node", "src/main.ts"]
