# syntax=docker/dockerfile:1
# The server alone, for a PostgreSQL of its own: no embedded database, no development tools, no root.
# The base image is the Node that package.json pins; its npm package is not installed a second time.
ARG NODE=24.21.0-bookworm-slim

FROM node:${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No scripts: they would fetch another Node and unpack the embedded PostgreSQL.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY .gmrc ./
COPY migrations ./migrations
COPY src ./src
# graphile-migrate keeps committed files to their owner; the server runs as somebody else.
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
# Whether the process answers; whether it can serve is /readyz, which is no reason to kill it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=70s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm, which would stand between the signals and the server.
CMD ["node", "src/main.ts"]
