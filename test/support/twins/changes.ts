import { FUNCTIONS, OBJECTS, TEMPORARIES } from './object-changes.js';
import type { Sent } from './sent.js';
import { PATH_CHANGES, SETTINGS, TRANSACTIONS } from './session-changes.js';

/** What a step is about, so that a run can leave kinds out. */
export type Group = 'transactions' | 'settings' | 'path' | 'temporary' | 'objects' | 'functions';

export const CHANGES: Readonly<Record<Group, readonly Sent[]>> = {
  transactions: TRANSACTIONS,
  settings: SETTINGS,
  path: PATH_CHANGES,
  temporary: TEMPORARIES,
  objects: OBJECTS,
  functions: FUNCTIONS,
};
