import { createServer } from 'node:http';
import express from 'express';

/** As little as an HTTP API can do: bare Express, one route, a small JSON body. */
const app = express();
app.get('/', (_request, response) => {
  response.json({ hello: 'world' });
});

/** Processor time of this process so far, in seconds. */
app.get('/cpu', (_request, response) => {
  const { user, system } = process.cpuUsage();
  response.json({ seconds: (user + system) / 1e6 });
});

const server = createServer(app);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${JSON.stringify({ ready: true, port: typeof address === 'object' && address !== null ? address.port : 0 })}\n`);
});
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
