import type { OutcomeListener } from '../core/tool/outcome.js';

/** Begins one call; what it returns records the end, once. */
export type BeginCall = () => OutcomeListener;
