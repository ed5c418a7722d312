import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers scrapes with what an application answers to OpenMetrics, whatever the scraper asks for. */
export class OpenMetricsProxy {
  private constructor(private readonly server: Server) {}

  static async start(url: string): Promise<OpenMetricsProxy> {
    const server = createServer((_, response) => {
      forward(url, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new OpenMetricsProxy(server);
  }

  /** Host and port. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function forward(url: string, response: ServerResponse): Promise<void> {
  const answer = await fetch(url, { headers: { accept: 'application/openmetrics-text;version=1.0.0' } });
  response.setHeader('content-type', answer.headers.get('content-type') ?? '');
  response.end(await answer.text());
}
