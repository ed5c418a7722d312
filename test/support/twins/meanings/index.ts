import { actingRelations, functions, shadowsByFunctions } from './functions.js';
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
  functions: [...functions, ...actingRelations, ...shadowsByFunctions],
};
