import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

/** Stands for the service of a carrier: a server of its own, which is sometimes slow, busy or silent, by the parcel's number. */
@Injectable()
export class CarrierService implements OnModuleInit, OnApplicationShutdown {
  private readonly server: Server = createServer((request, response) => void this.answer(request, response));

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async onModuleInit(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  onApplicationShutdown(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const parcel = Number(url.split('/').at(-1));
    switch (parcel % 10) {
      case 7:
        await delay(200);
        response.end('"on its way"');
        break;
      case 8:
        response.writeHead(503).end();
        break;
      case 9:
        // No answer.
        break;
      default:
        response.end('"delivered"');
    }
  }
}
