# One image for every process; docker-compose.yml says which one a container runs.
FROM node:22-bookworm-slim AS build
WORKDIR /lockstep
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY apps ./apps
COPY libs ./libs
COPY migrations ./migrations
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /lockstep
COPY --from=build /lockstep/package.json ./package.json
COPY --from=build /lockstep/node_modules ./node_modules
COPY --from=build /lockstep/dist ./dist
RUN mkdir -p /var/lib/lockstep && chown node:node /var/lib/lockstep
USER node
ENV LOCKSTEP_DATA_DIR=/var/lib/lockstep
CMD ["node", "dist/apps/gateway/src/main.js"]
