// Another service that the soaked application calls, in its process, with a tally of how the calls ended.
import { once } from 'node:events';
import { createServer, get } from 'node:http';

/** When a caller leaves, and when it says that the answer is late. */
const PATIENCE_MS = 50;
const LIMIT_MS = 1_000;

const BEHAVIOURS = {
  answer: (response) => response.end('{}'),
  refuse: (response) => response.writeHead(503).end(),
  break: (response) => response.destroy(),
  // Their callers give up.
  wait: () => {},
  leave: () => {},
};

export class SoakService {
  tally = {};

  static async start() {
    const server = createServer((request, response) => BEHAVIOURS[request.url.slice(1)](response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SoakService(server);
  }

  constructor(server) {
    this.server = server;
    this.url = `http://127.0.0.1:${server.address().port}`;
  }

  /** @param client `fetch` or `http` */
  async call(client, behaviour) {
    const status = await CLIENTS[client](`${this.url}/${behaviour}`, behaviour === 'leave');
    this.tally[status] = (this.tally[status] ?? 0) + 1;
    return status;
  }

  async close() {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

/** How a request ended, as its caller sees it: by status, or `error`, or `aborted` by the caller itself. */
const CLIENTS = {
  async fetch(url, leaves) {
    const controller = new AbortController();
    const timer = leaves ? setTimeout(() => controller.abort(), PATIENCE_MS) : undefined;
    const signal = leaves ? controller.signal : AbortSignal.timeout(LIMIT_MS);
    try {
      const response = await fetch(url, { signal });
      await response.arrayBuffer();
      return String(response.status);
    } catch (error) {
      return error.name === 'AbortError' ? 'aborted' : 'error';
    } finally {
      clearTimeout(timer);
    }
  },

  http(url, leaves) {
    return new Promise((resolve) => {
      const request = get(url, (response) => {
        response.resume();
        response.on('end', () => resolve(String(response.statusCode)));
        response.on('error', () => resolve('error'));
      });
      let outcome = 'error';
      request.on('error', () => resolve(outcome));
      request.on('timeout', () => request.destroy());
      request.setTimeout(LIMIT_MS);
      if (leaves) {
        setTimeout(() => {
          outcome = 'aborted';
          request.destroy();
        }, PATIENCE_MS);
      }
    });
  },
};
