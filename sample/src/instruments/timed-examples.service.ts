import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type MethodCall, Timed } from 'nestjs-hyper-metrics';
import { type Observable, take, timer } from 'rxjs';

const A_MOMENT_MS = 5;

/** A method for each kind of end that `@Timed()` waits for, and one with a metric of its own. */
@Injectable()
export class TimedExamplesService {
  @Timed()
  returns(): string {
    return 'returned';
  }

  @Timed()
  async resolves(): Promise<string> {
    await delay(A_MOMENT_MS);
    return 'resolved';
  }

  @Timed()
  async rejects(): Promise<never> {
    await delay(A_MOMENT_MS);
    throw new Error('rejected');
  }

  /** Timed anew for each subscription, until it completes. */
  @Timed()
  emits(): Observable<number> {
    return timer(0, A_MOMENT_MS).pipe(take(3));
  }

  /** Timed from the first step of the loop to the last. */
  @Timed()
  async *yields(): AsyncGenerator<number> {
    for (let value = 0; value < 3; value++) {
      await delay(A_MOMENT_MS);
      yield value;
    }
  }

  /** Takes a millisecond for each copy. */
  @Timed({
    name: 'bookshop_parcel_packing_seconds',
    help: 'Duration of packing a parcel in seconds by outcome, table and size.',
    buckets: [0.001, 0.01, 0.1],
    labels: {
      table: 'front',
      size: ({ args }: MethodCall<[copies: number]>) => (args[0] > 5 ? 'large' : 'small'),
    },
  })
  async packs(copies: number): Promise<string> {
    await delay(copies);
    return `packed ${copies}`;
  }
}
