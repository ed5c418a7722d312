import { replaceMethod } from '../core/tool/method-hook.js';
import type { Undo } from '../core/tool/subscriptions.js';
import type { JobRuns } from './job-runs.js';
import type {
  Callback,
  CronJobLike,
  JobKind,
  SchedulerLike,
  SchedulerRegistryLike,
  TimerLike,
} from './scheduler.interface.js';

/** The methods of the registry for each kind of jobs. */
const METHODS = [
  {
    kind: 'cronJobs',
    add: 'addCronJob',
    remove: 'deleteCronJob',
    present: (registry: SchedulerRegistryLike) => [...registry.getCronJobs()],
  },
  {
    kind: 'intervals',
    add: 'addInterval',
    remove: 'deleteInterval',
    present: (registry: SchedulerRegistryLike) =>
      registry.getIntervals().map((name) => [name, registry.getInterval(name)] as const),
  },
  {
    kind: 'timeouts',
    add: 'addTimeout',
    remove: 'deleteTimeout',
    present: (registry: SchedulerRegistryLike) =>
      registry.getTimeouts().map((name) => [name, registry.getTimeout(name)] as const),
  },
] as const satisfies readonly {
  readonly kind: JobKind;
  readonly add: keyof SchedulerRegistryLike;
  readonly remove: keyof SchedulerRegistryLike;
  present(registry: SchedulerRegistryLike): (readonly [name: string, job: unknown])[];
}[];

/**
 * Observes the jobs that the application adds to the registry, those that are there already included, until they are deleted or the
 * returned function is called. The jobs of decorated methods are left out.
 */
export function hookRegisteredJobs({ registry, orchestrator }: SchedulerLike, runs: JobRuns): Undo {
  const undos = METHODS.map(({ kind, add, remove, present }) => {
    const observed = new Map<string, Undo>();
    const leave = (name: string): void => {
      observed.get(name)?.();
      observed.delete(name);
    };
    const observe = (name: string, job: unknown): void => {
      if (orchestrator[kind][name]?.ref !== job) {
        leave(name);
        observed.set(name, hookJob({ name, source: `${kind}:${name}` }, job, runs));
      }
    };
    for (const [name, job] of present(registry)) {
      observe(name, job);
    }
    const adding = replaceMethod(
      registry,
      add,
      (original) =>
        function addObserved(this: unknown, name, job) {
          // A name that is taken throws.
          original.call(this as typeof registry, name, job);
          observe(name, job);
        },
    );
    const removing = replaceMethod(
      registry,
      remove,
      (original) =>
        function deleteObserved(this: unknown, name) {
          original.call(this as typeof registry, name);
          leave(name);
        },
    );
    return () => {
      adding.takeOut();
      removing.takeOut();
      [...observed.keys()].forEach(leave);
    };
  });
  return () => undos.forEach((undo) => undo());
}

/** A name in the registry. A job that is deleted and added again is the same source. */
interface RegisteredName {
  readonly name: string;
  readonly source: string;
}

/** Observes a job until the returned function is called. Does nothing for objects of other libraries. */
function hookJob(registered: RegisteredName, job: unknown, runs: JobRuns): Undo {
  const { _callbacks: callbacks } = (job ?? {}) as CronJobLike;
  if (Array.isArray(callbacks)) {
    runs.expect(registered.name);
    return hookCallbacks(registered, job as CronJobLike, callbacks, runs);
  }
  if (typeof (job as Partial<TimerLike> | undefined)?._onTimeout === 'function') {
    runs.expect(registered.name);
    const hook = replaceMethod(job as TimerLike, '_onTimeout', (original) =>
      observedCallback(registered, true, original, runs),
    );
    return () => void hook.takeOut();
  }
  return () => {};
}

/** Observes the callbacks of a cron job, and those that are added to it later. */
function hookCallbacks(
  registered: RegisteredName,
  job: CronJobLike,
  callbacks: Callback[],
  runs: JobRuns,
): Undo {
  const undos: Undo[] = [];
  const observeFrom = (first: number): void => {
    for (let index = first; index < callbacks.length; index += 1) {
      const hook = replaceMethod(callbacks, index, (original) =>
        observedCallback(registered, index === 0, original, runs),
      );
      undos.push(() => void hook.takeOut());
    }
  };
  observeFrom(0);
  const adding = replaceMethod(
    job,
    'addCallback',
    (original) =>
      function addObserved(this: unknown, callback) {
        const { length } = callbacks;
        const result = original?.call(this as CronJobLike, callback);
        observeFrom(length);
        return result;
      },
  );
  undos.push(() => void adding.takeOut());
  return () => undos.forEach((undo) => undo());
}

function observedCallback(
  { name, source }: RegisteredName,
  isFirst: boolean,
  original: Callback,
  runs: JobRuns,
): Callback {
  return function observed(this: unknown, ...args) {
    return runs.run(name, source, isFirst, () => Reflect.apply(original, this, args));
  };
}
