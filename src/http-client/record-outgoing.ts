import { shared, type Undo } from '../core/tool/subscriptions.js';
import { observeNodeRequests } from './node-channels.js';
import { addApplication, type OutgoingApplication } from './recording-applications.js';
import { observeUndiciRequests } from './undici-channels.js';

/** Subscribes to the channels, once for all applications. */
const openChannels = shared(() => {
  const undos = [observeNodeRequests(), observeUndiciRequests()];
  return () => undos.forEach((undo) => undo());
});

/** Makes an application record its outgoing requests until the returned function is called. */
export function recordOutgoing(application: OutgoingApplication): Undo {
  const undos = [addApplication(application), openChannels()];
  return () => undos.forEach((undo) => undo());
}
