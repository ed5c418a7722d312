import type { IncomingMessage } from 'node:http';
import { Controller, Get, Res } from '@nestjs/common';
import { MetricsService } from 'nestjs-hyper-metrics';
import { LOCAL_HOST } from '../common/free-port.js';
import { RawRequest } from '../common/raw-http.decorators.js';
import { metricsPrefix } from '../metrics-endpoint.js';
import { type Addresses, CONTENT_SECURITY_POLICY, listLinks, renderHomePage } from './home-page.js';

/** What the responses of Express and of Fastify have in common. */
interface ResponseLike {
  header(name: string, value: string): unknown;
}

@Controller()
export class HomeController {
  constructor(private readonly metrics: MetricsService) {}

  /** What there is to see: a page for browsers, JSON for programs. */
  @Get()
  index(
    @RawRequest() request: IncomingMessage,
    @Res({ passthrough: true }) response: ResponseLike,
  ): string | Readonly<Record<string, string>> {
    const addresses = this.addressesFor(request);
    response.header('vary', 'Accept');
    if (request.headers.accept?.includes('text/html') !== true) return listLinks(addresses);
    response.header('content-type', 'text/html; charset=utf-8');
    response.header('content-security-policy', CONTENT_SECURITY_POLICY);
    return renderHomePage(addresses);
  }

  /** The port is that of the connection. The header `Host` is the client's word. */
  private addressesFor({ socket }: IncomingMessage): Addresses {
    return {
      baseUrl: `http://${LOCAL_HOST}:${socket.localPort}`,
      metrics: this.metrics.endpointUrl ?? '/metrics',
      prefix: metricsPrefix(process.env) ?? 'hyperdjango_',
    };
  }
}
