import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

/** Asks another service, once by each client of Node's. */
@Injectable()
export class StockService implements OnModuleInit, OnModuleDestroy {
  private readonly warehouse = createServer((_request, response) => response.end('7'));
  private url = '';

  async onModuleInit(): Promise<void> {
    this.warehouse.listen(0, '127.0.0.1');
    await once(this.warehouse, 'listening');
    this.url = `http://127.0.0.1:${(this.warehouse.address() as AddressInfo).port}`;
  }

  async ask(): Promise<number[]> {
    const fetched = await fetch(this.url);
    await fetched.text();
    const [response] = (await once(get(this.url), 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return [fetched.status, response.statusCode ?? 0];
  }

  onModuleDestroy(): void {
    this.warehouse.close();
    this.warehouse.closeAllConnections();
  }
}
