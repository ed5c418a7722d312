import { Registry } from 'prom-client';
import { HyperMetricsModule } from '../../../src/index.js';
import type { Peer } from './peer.js';
import { scrapedPeer } from './scraped-peer.js';

export const THIS_LIBRARY: Peer = {
  name: 'nestjs-hyper-metrics',
  platforms: ['express', 'fastify'],
  async start() {
    const registry = new Registry();
    return scrapedPeer({
      imports: [HyperMetricsModule.forRoot({ registry, runtimeMetrics: false })],
      scrape: () => registry.metrics(),
      requests: { name: 'hyperdjango_http_requests_total', status: 'status' },
    });
  },
};
