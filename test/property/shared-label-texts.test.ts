import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Counter } from '../../src/core/metric/counter.js';
import type { FamilySnapshot } from '../../src/core/family-snapshot.js';
import { type Sample, samplesOf } from '../../src/core/samples.js';
import type { ExpositionFormat } from '../../src/exposition/exposition-format.js';
import { openMetricsFormat } from '../../src/exposition/open-metrics-format.js';
import { textFormat } from '../../src/exposition/text-format.js';
import { parseExposition } from '../support/parse-exposition.js';
import { parseOpenMetrics } from '../support/parse-open-metrics.js';

/** A rendering under way, which pauses as it does between turns of the event loop. */
class Rendering {
  private readonly pieces: string[] = [];
  private readonly steps: Iterator<string>;
  readonly expected: readonly Sample[];

  constructor(
    private readonly format: ExpositionFormat<string>,
    snapshot: FamilySnapshot,
  ) {
    this.expected = samplesOf(snapshot);
    this.steps = format.encode([snapshot])[Symbol.iterator]();
  }

  /** Returns whether it is done. */
  advance(): boolean {
    const step = this.steps.next();
    if (step.done !== true) {
      this.pieces.push(step.value);
    }
    return step.done === true;
  }

  /** Once it is done. */
  samples(): readonly Sample[] {
    const bytes = Buffer.from(this.pieces.join(''));
    return (this.format === textFormat ? parseExposition(bytes) : parseOpenMetrics(bytes)).samples;
  }
}

const change = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ kind: fc.constant('remove' as const), from: fc.nat(1200), count: fc.nat(400) }),
  fc.record({ kind: fc.constant('reset' as const) }),
  fc.record({ kind: fc.constant('default label' as const), value: fc.constantFrom('a', 'b') }),
  fc.record({ kind: fc.constant('text' as const) }),
  fc.record({ kind: fc.constant('OpenMetrics' as const) }),
  fc.record({ kind: fc.constant('advance' as const), rendering: fc.nat(3), steps: fc.nat(4) }),
);

it('renderings under way at the same time, of a family whose series change, all write their own snapshot', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40, size: 'max' }), (changes) => {
      const counter = new Counter({ name: 'x_total', type: 'counter', help: 'X.', labelNames: ['a', 'b'] });
      let constantLabels = { zone: 'a' };
      let last = 0;
      const running: Rendering[] = [];
      for (const step of changes) {
        switch (step.kind) {
          case 'add':
            for (const end = last + step.count; last < end; last += 1) {
              counter.inc([`"${last % 7}`, `${last}`], last);
            }
            break;
          case 'remove':
            for (let index = step.from; index < step.from + step.count; index += 1) {
              counter.remove(`"${index % 7}`, `${index}`);
            }
            break;
          case 'reset':
            counter.reset();
            break;
          case 'default label':
            constantLabels = { zone: step.value };
            break;
          case 'text':
          case 'OpenMetrics': {
            const format = step.kind === 'text' ? textFormat : openMetricsFormat;
            running.push(new Rendering(format, { ...counter.snapshot(), constantLabels }));
            break;
          }
          case 'advance': {
            for (let count = 0; count < step.steps; count += 1) {
              running[step.rendering]?.advance();
            }
          }
        }
      }
      let unfinished = running;
      while (unfinished.length > 0) {
        unfinished = unfinished.filter((rendering) => !rendering.advance());
      }
      expect(running.map((rendering) => rendering.samples())).toEqual(
        running.map(({ expected }) => expected),
      );
    }),
    { numRuns: 40 },
  );
});
