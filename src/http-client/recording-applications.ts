import { listenToChannel } from '../core/tool/channel.js';
import type { Undo } from '../core/tool/subscriptions.js';
import { activeScope, type RequestScope, type ScopeParticipant } from '../request-scope/request-scope.js';
import type { OutgoingExchange, OutgoingTime } from './outgoing-exchange.js';

/** An application that records its outgoing requests. */
export interface OutgoingApplication extends ScopeParticipant<OutgoingTime> {
  /** The application, as the owner of scopes. */
  readonly owner: object;
  /** Returns `undefined` for a request that is ignored. */
  begin(
    method: string,
    target: string,
    path: string,
    scope: RequestScope | undefined,
  ): OutgoingExchange | undefined;
  failed(error: unknown): void;
}

/** The channels are those of the whole process. */
let applications: readonly OutgoingApplication[] = [];

/** Makes an application record its requests until the returned function is called. */
export function addApplication(application: OutgoingApplication): Undo {
  applications = [...applications, application];
  return () => {
    applications = applications.filter((other) => other !== application);
  };
}

/** Whether an application of this process records outgoing requests: the others open scopes, so that theirs are known. */
export function areOutgoingRequestsRecorded(): boolean {
  return applications.length > 0;
}

/**
 * Returns the record of a request that begins in the running code; `undefined` if no application records it.
 *
 * @param target - its origin, or its host with or without port
 */
export function beginExchange(method: string, target: string, path: string): OutgoingExchange | undefined {
  const scope = activeScope();
  return applicationOf(scope)?.begin(method, target, path, scope);
}

/** Outside of scopes, the first application. A scope of an application that does not record belongs to no other. */
function applicationOf(scope: RequestScope | undefined): OutgoingApplication | undefined {
  return scope === undefined
    ? applications[0]
    : (applications.find(({ owner }) => owner === scope.owner) ??
        applications.find((application) => scope.stateOf(application) !== undefined));
}

/** Calls listeners with the messages of channels, until the returned function is called. */
export function listenToChannels(listeners: Readonly<Record<string, (message: never) => void>>): Undo {
  const subscriptions = Object.entries(listeners).map(([name, listener]) =>
    listenToChannel(name, listener, (error) => applications[0]?.failed(error)),
  );
  return () => subscriptions.forEach((end) => end());
}
