import {
  isScheduleExplorer,
  isSchedulerOrchestrator,
  isSchedulerRegistry,
  type SchedulerLike,
} from '../schedule/scheduler.interface.js';
import type { ProvidersLike } from './database-finder.js';

/** Returns the parts of the application's `ScheduleModule`; `undefined` without one. */
export function findScheduler(modules: ProvidersLike): SchedulerLike | undefined {
  const instances = [...modules.values()].flatMap(({ providers }) =>
    Array.from(providers.values(), ({ instance }) => instance),
  );
  const find = <T extends object>(isPart: (value: object) => value is T): T | undefined =>
    instances.find((instance): instance is T => isReadable(instance, isPart));
  const registry = find(isSchedulerRegistry);
  const explorer = find(isScheduleExplorer);
  const orchestrator = find(isSchedulerOrchestrator);
  return registry && explorer && orchestrator && { registry, explorer, orchestrator };
}

/** Proxies and request-scoped providers may throw outside of a request: they are no part of a scheduler. */
function isReadable(instance: unknown, isPart: (value: object) => boolean): boolean {
  try {
    return typeof instance === 'object' && instance !== null && isPart(instance);
  } catch {
    return false;
  }
}
