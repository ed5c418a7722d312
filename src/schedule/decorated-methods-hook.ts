import { replaceMethod, replaceMethods } from '../core/tool/method-hook.js';
import type { Undo } from '../core/tool/subscriptions.js';
import type { JobRuns } from './job-runs.js';
import type { Callback, JobKind, SchedulerLike } from './scheduler.interface.js';

const KINDS: readonly JobKind[] = ['cronJobs', 'intervals', 'timeouts'];
/** Metadata of `@nestjs/schedule` on decorated methods. */
const TYPE = 'SCHEDULER_TYPE';
const NAME = 'SCHEDULER_NAME';

/** The method that reflect-metadata adds to `Reflect`. */
interface Metadata {
  getMetadata(key: string, target: object): unknown;
}

/**
 * Observes decorated methods when the explorer registers them: it catches their errors, so nothing behind it sees an outcome. What it
 * registered before, is registered again; no job has started yet. Calling the result ends it for methods not registered so far.
 */
export function hookDecoratedMethods({ explorer, orchestrator }: SchedulerLike, runs: JobRuns): Undo {
  const hook = replaceMethod(
    explorer,
    'lookupSchedulers',
    (original) =>
      function lookUpObserved(this: unknown, instance, key) {
        return original.call(this as typeof explorer, observedInstance(instance, key, runs), key);
      },
  );
  const records = KINDS.map((kind) => orchestrator[kind]);
  const registered = records.flatMap((jobs) => Object.values(jobs));
  if (registered.length > 0 && registered.every((job) => job?.ref === undefined)) {
    for (const jobs of records) {
      Object.keys(jobs).forEach((name) => Reflect.deleteProperty(jobs, name));
    }
    // It has warned already.
    const undo = replaceMethods(explorer, [['warnForNonStaticProviders', () => {}]]);
    try {
      explorer.explore();
    } finally {
      undo();
    }
  }
  return () => void hook.takeOut();
}

/** Returns an object with the observed method instead of a decorated one; the instance itself for any other method. */
function observedInstance(instance: object, key: string, runs: JobRuns): object {
  try {
    const method = (instance as Readonly<Record<string, unknown>>)[key];
    if (typeof method !== 'function' || metadataOf(method, TYPE) === undefined) {
      return instance;
    }
    const name = metadataOf(method, NAME);
    const job = typeof name === 'string' && name !== '' ? name : `${classNameOf(instance)}.${key}`;
    runs.expect(job);
    const observed: Callback = (...args) =>
      runs.run(job, observed, true, () => Reflect.apply(method as Callback, instance, args));
    // The metadata is inherited.
    Object.setPrototypeOf(observed, method);
    return Object.create(instance, { [key]: { value: observed } }) as object;
  } catch {
    // Its getters throw: the explorer meets the same error.
    return instance;
  }
}

function metadataOf(method: object, key: string): unknown {
  return (Reflect as Partial<Metadata>).getMetadata?.(key, method);
}

function classNameOf(instance: object): string {
  const { name } = instance.constructor;
  return name === '' ? '<anonymous>' : name;
}
