# One image for every application of the shop ledger; the command chooses which. docker-compose.yml shows all of them.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY libs ./libs
# The image's own Node is the right one: the package that brings it elsewhere need not run its installer.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.base.json ./
COPY src ./src
COPY apps ./apps
RUN node node_modules/typescript/bin/tsc -b && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
# In a container its own address is the way in; who gets that far is decided by the ports that are published.
ENV NODE_ENV=production NODE_OPTIONS=--disable-warning=ExperimentalWarning MAINSTEM_DIR=/data MAINSTEM_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/libs ./libs
COPY --from=build /app/dist ./dist
# Events and embedded read models: the only place that is written to.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
ENTRYPOINT ["node"]
CMD ["dist/src/main.js", "--port", "3000"]
