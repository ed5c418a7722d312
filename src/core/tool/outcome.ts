/** How work ended; `cancelled`: its consumer left before the end. */
export type Outcome = 'success' | 'error' | 'cancelled';

/** Every outcome. */
export const OUTCOMES: readonly Outcome[] = ['success', 'error', 'cancelled'];

/** Called once when work ends. `detail` is its result (an Observable's last value) or its error. Must not throw. */
export type OutcomeListener = (outcome: Outcome, detail?: unknown) => void;
