/** How a piece of work ended; `cancelled`: nobody waited for its end. */
export type Outcome = 'success' | 'error' | 'cancelled';

/** Every outcome, for preparing what is recorded by it. */
export const OUTCOMES: readonly Outcome[] = ['success', 'error', 'cancelled'];

/**
 * Told once how a piece of work ended. `detail` is the value it ended with (an Observable's last one), or the error.
 * Must not throw.
 */
export type OutcomeListener = (outcome: Outcome, detail?: unknown) => void;
