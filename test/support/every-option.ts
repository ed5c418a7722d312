import { DEFAULT_PUSH_OPTIONS } from '../../src/options/default-options.js';
import type { OptionGroup } from '../../src/options/option-rule.js';
import { OPTION_GROUP } from '../../src/options/option-rules.js';

/** Every option by its path, with its default: `undefined` without one, or with one that cannot be written down. */
export function everyOption(): ReadonlyMap<string, unknown> {
  return new Map(optionsOf(OPTION_GROUP));
}

/** The switches that are off by default, and that these options leave off. */
export function switchedOff(options: object): string[] {
  return [...everyOption()]
    .filter(([path, value]) => value === false && !isOn(options, path))
    .map(([path]) => path);
}

function isOn(options: object, path: string): boolean {
  let value: unknown = options;
  for (const name of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name];
  return value !== undefined && value !== false;
}

function optionsOf({ rules, defaults }: OptionGroup, parent = ''): [string, unknown][] {
  return Object.entries(rules).flatMap(([name, { group, problem }]) => {
    const path = parent + name;
    const value: unknown = (defaults as Record<string, unknown>)[name];
    if (group === undefined) return [[path, value]];
    const isSwitch = problem(true) === undefined;
    const within = path === 'pushOnShutdown' ? { ...group, defaults: DEFAULT_PUSH_OPTIONS } : group;
    return [[path, isSwitch ? value !== false : undefined], ...optionsOf(within, `${path}.`)];
  });
}
