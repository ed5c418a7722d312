import { functions, reportedPaths, shadowsByFunctions } from './functions.js';
import type { Meaning } from './meaning.js';
import { objects } from './objects.js';
import { paths, reverts, roles } from './paths.js';
import { settings } from './settings.js';
import { temporaries } from './temporaries.js';

/** By what they are about. */
export const MEANINGS: Readonly<Record<string, readonly Meaning[]>> = {
  paths,
  reverts,
  roles,
  temporaries,
  objects,
  settings,
  functions: [...functions, ...shadowsByFunctions],
};

/** What shows only on servers that report the path, from PostgreSQL 18 on. */
export const REPORTED_MEANINGS: Readonly<Record<string, readonly Meaning[]>> = {
  'reported paths': reportedPaths,
};
