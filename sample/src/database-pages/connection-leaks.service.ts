import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Look } from './database-examples.service.js';

/** The rest of the pool keeps the shop open. */
const MOST_LEAKS = 2;

/** Takes connections without a `finally`, as code does that leaks them. Unlike such code it gives them back later. */
@Injectable()
export class ConnectionLeaksService implements OnModuleDestroy {
  private readonly leaked = new Set<() => void>();

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async leak(forMs: number, look: Look): Promise<string> {
    if (this.leaked.size >= MOST_LEAKS) {
      await look();
      return `${MOST_LEAKS} connections are leaking already`;
    }
    const giveBack = (): void => {
      clearTimeout(later);
      this.leaked.delete(giveBack);
      void runner.release();
    };
    const later = setTimeout(giveBack, forMs);
    this.leaked.add(giveBack);
    const runner = this.dataSource.createQueryRunner();
    await runner.connect();
    await look();
    return `took a connection and did not release it; it comes back in ${forMs} ms`;
  }

  /** A pool with a connection that is not released does not end. */
  onModuleDestroy(): void {
    this.leaked.forEach((giveBack) => giveBack());
  }
}
