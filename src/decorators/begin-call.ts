import type { OutcomeListener } from '../core/outcome.js';

/** Begins one call; what it returns records the end, once. */
export type BeginCall = () => OutcomeListener;
