import { ROLES } from './databases.js';

/** A statement as it is sent. */
export interface Sent {
  readonly text: string;
  readonly values?: readonly unknown[];
}

export const TABLES = ['orders', 'stock', 'events', 'recent'] as const;
export const SCHEMAS = ['public', 't1', 't2', ROLES[0]] as const;
export const PATHS = [
  't1',
  't2',
  'public',
  't1, public',
  't2, t1',
  '"$user", public',
  '"$user", t1',
  'public, pg_temp',
  'pg_temp, t2',
  'missing, t2',
  't3, public',
] as const;

export const texts = (...list: readonly string[]): Sent[] => list.map((text) => ({ text }));
