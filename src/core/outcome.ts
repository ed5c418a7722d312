import { Observable } from 'rxjs';

/** How a piece of work ended; `cancelled`: nobody waited for its end. */
export type Outcome = 'success' | 'error' | 'cancelled';

/** Every outcome, for preparing what is recorded by it. */
export const OUTCOMES: readonly Outcome[] = ['success', 'error', 'cancelled'];

/** The same Observable, telling once per subscription how it ended. `ended` must not throw. */
export function observeOutcome<T>(source: Observable<T>, ended: (outcome: Outcome) => void): Observable<T> {
  return new Observable<T>((subscriber) => {
    let open = true;
    const end = (outcome: Outcome): void => {
      if (open) {
        open = false;
        ended(outcome);
      }
    };
    const subscription = source.subscribe({
      next: (value) => subscriber.next(value),
      error: (error: unknown) => {
        end('error');
        subscriber.error(error);
      },
      complete: () => {
        end('success');
        subscriber.complete();
      },
    });
    return () => {
      subscription.unsubscribe();
      end('cancelled');
    };
  });
}
