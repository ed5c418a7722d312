import { finalize, type Observable, tap } from 'rxjs';
import type { OutcomeListener } from './outcome.js';
import { Settlement } from './settlement.js';

/**
 * Returns an Observable that reports the end of each subscription to `ended`, before the subscriber is notified. When the last value
 * is a thenable that the subscriber awaits, the end is its settlement: Nest's HTTP and GraphQL handlers await the promise of
 * `of(promise)`, and transaction interceptors return it.
 */
export function observeOutcome<T>(source: Observable<T>, ended: OutcomeListener): Observable<T> {
  let open = true;
  let last: T | undefined;
  let settlement: Settlement | undefined;
  const end: OutcomeListener = (outcome, detail) => {
    if (open) {
      open = false;
      settlement?.leave();
      ended(outcome, detail);
    }
  };
  return source.pipe(
    tap({
      next: (value) => {
        last = value;
        settlement?.leave();
        settlement = Settlement.of(value);
      },
      error: (error: unknown) => end('error', error),
      complete: () => {
        if (settlement === undefined) {
          end('success', last);
        } else {
          open = false;
          settlement.whenSettled(ended);
        }
      },
    }),
    finalize(() => end('cancelled', last)),
  );
}
