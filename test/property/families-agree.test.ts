import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOST_CLIENTS } from '../support/host-clients.js';
import { defaultLabels, definitions, hostDefaultLabels, labelPool, operations } from './arbitraries.js';
import { Scenario } from './scenario.js';

describe.each(HOST_CLIENTS)('random families in a registry of %s', (_, client) => {
  it('have the samples of a simple model in our text, OpenMetrics, gather(), the host’s text and its JSON', async () => {
    await fc.assert(
      fc.asyncProperty(
        definitions(),
        defaultLabels,
        hostDefaultLabels,
        labelPool(),
        operations(),
        async (families, ownLabels, hostLabels, pool, steps) => {
          const scenario = new Scenario(client, families, ownLabels, hostLabels, pool);
          const readings = await scenario.run(steps);
          expect(readings.map(({ actual }) => actual)).toEqual(readings.map(({ expected }) => expected));
        },
      ),
      { numRuns: 120 },
    );
  });
});
