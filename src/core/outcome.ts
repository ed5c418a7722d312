import { finalize, type Observable, tap } from 'rxjs';

/** How a piece of work ended; `cancelled`: nobody waited for its end. */
export type Outcome = 'success' | 'error' | 'cancelled';

/** Every outcome, for preparing what is recorded by it. */
export const OUTCOMES: readonly Outcome[] = ['success', 'error', 'cancelled'];

/**
 * Told once how a piece of work ended. `detail` is the value it ended with (an Observable's last one), or the error.
 * Must not throw.
 */
export type OutcomeListener = (outcome: Outcome, detail?: unknown) => void;

/** Passes on everything of one subscription to `source`, and tells before the subscriber hears of it how it ended. */
export function observeOutcome<T>(source: Observable<T>, ended: OutcomeListener): Observable<T> {
  let open = true;
  let last: T | undefined;
  const end: OutcomeListener = (outcome, detail) => {
    if (open) {
      open = false;
      ended(outcome, detail);
    }
  };
  return source.pipe(
    tap({
      next: (value) => {
        last = value;
      },
      error: (error: unknown) => end('error', error),
      complete: () => end('success', last),
    }),
    finalize(() => end('cancelled', last)),
  );
}
