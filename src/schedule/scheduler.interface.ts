/*
 * The used part of `@nestjs/schedule` 5.0 to 12.0 and of `cron` 3.5 to 4.4, private members included. Declared here, so that neither
 * must be installed.
 */

/** A scheduled function. */
export type Callback = (this: unknown, ...args: unknown[]) => unknown;

/** A job of `cron`. */
export interface CronJobLike {
  /** What a tick calls, one after the other. */
  readonly _callbacks?: Callback[];
  addCallback?(callback: Callback): unknown;
}

/** A timer of Node.js 20 to 26, as `setInterval()` and `setTimeout()` return it. */
export interface TimerLike {
  _onTimeout: Callback;
}

/** The kinds of jobs, with the names of the registry's methods and of the orchestrator's records. */
export type JobKind = 'cronJobs' | 'intervals' | 'timeouts';

/** The `SchedulerRegistry`: every job of the application by its name. */
export interface SchedulerRegistryLike {
  getCronJobs(): ReadonlyMap<string, unknown>;
  getIntervals(): readonly string[];
  getInterval(name: string): unknown;
  getTimeouts(): readonly string[];
  getTimeout(name: string): unknown;
  addCronJob(name: string, job: unknown): void;
  addInterval(name: string, id: unknown): void;
  addTimeout(name: string, id: unknown): void;
  deleteCronJob(name: string): void;
  deleteInterval(name: string): void;
  deleteTimeout(name: string): void;
}

/** The `ScheduleExplorer`: finds decorated methods when its module is initialised. */
export interface ScheduleExplorerLike {
  explore(): void;
  /** Called for each method of each provider. Registers a decorated one with the orchestrator, wrapped in a handler of errors. */
  lookupSchedulers(instance: object, key: string): unknown;
  warnForNonStaticProviders?(...args: unknown[]): void;
}

/** A decorated method. */
export interface DecoratedJob {
  /** The timer or cron job, once it is started. */
  readonly ref?: unknown;
}

/** The `SchedulerOrchestrator`: starts the jobs of decorated methods when the application starts. */
export type SchedulerOrchestratorLike = {
  readonly [Kind in JobKind]: Record<string, DecoratedJob | undefined>;
};

/** The three parts of one `ScheduleModule`. */
export interface SchedulerLike {
  readonly registry: SchedulerRegistryLike;
  readonly explorer: ScheduleExplorerLike;
  readonly orchestrator: SchedulerOrchestratorLike;
}

/** All of them: mocks in tests have some. */
const REGISTRY_METHODS: readonly (keyof SchedulerRegistryLike)[] = [
  'getCronJobs',
  'getIntervals',
  'getInterval',
  'getTimeouts',
  'getTimeout',
  'addCronJob',
  'addInterval',
  'addTimeout',
  'deleteCronJob',
  'deleteInterval',
  'deleteTimeout',
];

/** Whether an object is a `SchedulerRegistry`. May throw what its getters throw. */
export function isSchedulerRegistry(value: object): value is SchedulerRegistryLike {
  return hasMethods(value, REGISTRY_METHODS) && (value as SchedulerRegistryLike).getCronJobs() instanceof Map;
}

/** Whether an object is a `ScheduleExplorer`. May throw what its getters throw. */
export function isScheduleExplorer(value: object): value is ScheduleExplorerLike {
  return hasMethods(value, ['explore', 'lookupSchedulers']);
}

/** Whether an object is a `SchedulerOrchestrator`. May throw what its getters throw. */
export function isSchedulerOrchestrator(value: object): value is SchedulerOrchestratorLike {
  const { cronJobs, intervals, timeouts } = value as Partial<Record<JobKind, unknown>>;
  return (
    hasMethods(value, ['mountCron', 'addCron', 'addInterval', 'addTimeout']) &&
    [cronJobs, intervals, timeouts].every((records) => typeof records === 'object' && records !== null)
  );
}

function hasMethods(value: object, names: readonly string[]): boolean {
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');
}
