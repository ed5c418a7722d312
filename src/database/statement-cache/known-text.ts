import { createHash } from 'node:crypto';
import type { PlanGuard } from './plan-guard.js';
import type { SessionChange } from './session-change.js';

/** PostgreSQL cuts names at 63 bytes, and two that are equal up to there are one. */
const NAME_PREFIX = 'hm_';
const HASH_LENGTH = 40;

/** What a cache knows of one text. */
export interface KnownText {
  readonly text: string;
  readonly change: SessionChange;
  uses: number;
  /** Its statement's name; `undefined` as long as it has none. */
  name: string | undefined;
  /** Whether it never gets one, or has lost it. */
  isDenied: boolean;
  guard: PlanGuard | undefined;
}

/** The name of a text's statement: the same in every process. */
export function statementName(text: string): string {
  return NAME_PREFIX + createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}
