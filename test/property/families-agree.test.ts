import fc from 'fast-check';
import { describe, it } from 'vitest';
import { HOST_CLIENTS } from '../support/host-clients.js';
import { defaultLabels, definitions, hostDefaultLabels, labelPool, operations } from './arbitraries.js';
import { Scenario } from './scenario.js';

describe.each(HOST_CLIENTS)('random families in a registry of %s', (_, client) => {
  it('have the samples of a simple model in our text, the host’s text, its JSON and gather()', async () => {
    await fc.assert(
      fc.asyncProperty(
        definitions(),
        defaultLabels,
        hostDefaultLabels,
        labelPool(),
        operations(),
        async (families, ownLabels, hostLabels, pool, steps) => {
          const scenario = new Scenario(client, families, ownLabels, hostLabels, pool);
          for (const step of steps) {
            await scenario.apply(step);
          }
          await scenario.expectAgreement();
        },
      ),
      { numRuns: 120 },
    );
  });
});
