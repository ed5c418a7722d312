import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

const ownAgents = new WeakSet<object>();

/** Returns a new agent for one request of this library, which is never recorded. It closes its connection after the response. */
export function createOwnAgent(url: URL): Agent {
  const agent = url.protocol === 'https:' ? new HttpsAgent() : new Agent();
  ownAgents.add(agent);
  return agent;
}

/** @param agent - the agent of a request, if it has one */
export function isOwnAgent(agent: unknown): boolean {
  return typeof agent === 'object' && agent !== null && ownAgents.has(agent);
}
