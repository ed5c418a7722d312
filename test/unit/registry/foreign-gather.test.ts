import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { gatherHost } from '../../../src/registry/gather.js';
import { registryOf } from '../../../src/registry/default-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';
import { broken } from './collector-setup.js';

const SERIES = 5000;
const labelNames = ['route', 'status'];

function manySeries(registers: [Registry]) {
  const counter = new Counter({ name: 'c_total', help: 'C.', labelNames, registers });
  const histogram = new Histogram({ name: 'h', help: 'H.', labelNames, buckets: [0.1, 1], registers });
  const summary = new Summary({ name: 's', help: 'S.', labelNames, percentiles: [0.5], registers });
  for (let index = 0; index < SERIES; index += 1) {
    const labels = { route: `/books/${index}`, status: '200' };
    counter.inc(labels, index);
    if (index < SERIES / 10) {
      histogram.observe(labels, 0.5);
      summary.observe(labels, 0.5);
    }
  }
  return { counter, histogram, summary };
}

/** How often the event loop turns until `work` is done. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  const state = { isDone: false, turns: 0 };
  const end = () => {
    state.isDone = true;
  };
  work.then(end, end);
  while (!state.isDone) {
    await nextTurn();
    state.turns += 1;
  }
  return state.turns;
}

describe('metrics of other clients', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each(['c_total', 'h', 's'])('are converted in slices, the series of one as well: %s', async (name) => {
    const host = new Registry();
    manySeries([host]);
    for (const other of ['c_total', 'h', 's'].filter((candidate) => candidate !== name)) {
      host.removeSingleMetric(other);
    }
    let now = 0;
    // A slice is four looks at the clock long: pauses are counted, and not how quick the machine is.
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1));
    const turns = await turnsOf(gatherHost(host, broken));
    expect(turns).toBeGreaterThan(3);
  });

  it('are converted one after the other, however many there are', async () => {
    const host = new Registry();
    for (let index = 0; index < 300; index += 1) {
      new Gauge({ name: `g_${index}`, help: 'G.', registers: [host] }).set(index);
    }
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1));
    const gathering = gatherHost(host, broken, 1e9);
    const turns = await turnsOf(gathering);
    expect((await gathering).map(({ values }) => values[0])).toEqual(
      Array.from({ length: 300 }, (_, i) => i),
    );
    // Were all of them waiting for the same slice, each turn would wake all.
    expect(turns).toBeLessThan(300 * 6);
  });

  it('leave what stays the same: descriptors and rows are those of the last scrape', async () => {
    const host = new Registry();
    const { counter } = manySeries([host]);
    const first = await gatherHost(host, broken);
    counter.inc({ route: '/books/7', status: '200' }, 3);
    const second = await gatherHost(host, broken);
    second.forEach((family, index) => {
      const before = first[index] as FamilySnapshot;
      expect(family.descriptor).toBe(before.descriptor);
      expect(family.labelRows).toBe(before.labelRows);
    });
    expect(second[0]?.values[7]).toBe(10);
    counter.inc({ route: '/new', status: '500' });
    counter.remove({ route: '/books/0', status: '200' });
    const [third] = await gatherHost(host, broken);
    expect(third?.labelRows).toHaveLength(SERIES);
    expect(third?.labelRows[0]).toEqual(['/books/1', '200']);
    expect(third?.labelRows.at(-1)).toEqual(['/new', '500']);
    expect(third?.values.at(-1)).toBe(1);
    expect(third?.descriptor).toBe(first[0]?.descriptor);
  });

  it('stay themselves when a metric before them is removed, and when one comes back under its name', async () => {
    const host = new Registry();
    const registry = registryOf(host, 'app_');
    for (const name of ['a', 'b', 'c']) {
      new Gauge({ name, help: 'G.', labelNames: ['of'], registers: [host] }).set({ of: name }, 1);
    }
    const check = async () => {
      const ours = parseExposition(await exposeAsText(registry)).series;
      expect(ours).toEqual(parseExposition(await host.metrics()).series);
    };
    await check();
    host.removeSingleMetric('a');
    await check();
    new Gauge({ name: 'a', help: 'Other.', labelNames: ['by'], registers: [host] }).set({ by: 'x' }, 2);
    await check();
    host.removeSingleMetric('b');
    new Gauge({ name: 'b', help: 'G.', registers: [host] }).set(3);
    await check();
  });

  it('are as their client serves them, whatever changes between scrapes', async () => {
    const host = new Registry();
    const registry = registryOf(host, 'app_');
    const names = ['a', 'b', 'constructor'];
    const gauge = new Gauge({ name: 'g', help: 'G.', labelNames: names, registers: [host] });
    const histogram = new Histogram({
      name: 'h',
      help: 'H.',
      labelNames: names,
      buckets: [1],
      registers: [host],
    });
    const labels: Record<string, string | number> = { a: 'x', b: 1 };
    const changes: (() => void)[] = [
      () => gauge.set(1),
      () => gauge.set(labels, 2),
      () => histogram.observe({ ...labels }, 2),
      () => histogram.observe({ a: '\ud800' }, 0.5),
      () => gauge.set({ constructor: 'c' } as never, 3),
      // prom-client keeps the caller's object.
      () => (labels['a'] = 'y'),
      () => delete labels['b'],
      () => gauge.remove({ constructor: 'c' } as never),
      () => histogram.reset(),
      () => histogram.observe({ b: 'z' }, 7),
      () => gauge.set({ a: '1:x', b: '' }, 5),
    ];
    for (const change of changes) {
      change();
      const ours = parseExposition(await exposeAsText(registry)).series;
      expect(ours).toEqual(parseExposition((await host.metrics()).toWellFormed()).series);
    }
  });

  it('that have one series twice are left out, after scrapes where they had not as well', async () => {
    const host = new Registry();
    const errors: string[] = [];
    const values = [
      { value: 1, labels: { a: 'x' } },
      { value: 2, labels: { a: 'y' } },
    ];
    const metric = { name: 'g', help: 'G.', type: 'gauge', get: () => ({ ...metric, values }) };
    host.registerMetric(metric as never);
    const gather = () => gatherHost(host, (name) => errors.push(name));
    expect(await gather()).toHaveLength(1);
    values[1] = { value: 2, labels: { a: 'x' } };
    expect(await gather()).toHaveLength(0);
    values[1] = { value: 2, labels: { a: 'y' } };
    values.push({ value: 3, labels: { a: 'y' } });
    expect(await gather()).toHaveLength(0);
    expect(errors).toEqual(['g', 'g']);
  });

  it('may be an object with a name that cannot be read: it is absent, and the rest is served', async () => {
    const host = new Registry();
    new Gauge({ name: 'g', help: 'G.', registers: [host] }).set(4);
    const names: string[] = [];
    const odd = [
      {
        get: () => 5,
        get name() {
          throw new Error('no name');
        },
      },
      {
        name: Object.create(null) as string,
        get: () => {
          throw new Error('no values');
        },
      },
      null,
      'text',
    ];
    const strange = {
      registerMetric: () => {},
      removeSingleMetric: () => {},
      getSingleMetric: (name: string) => host.getSingleMetric(name),
      getMetricsAsArray: () => [...odd, ...host.getMetricsAsArray()],
    };
    const gathered = await gatherHost(strange, (name) => names.push(name));
    expect(gathered.map(({ descriptor, values }) => [descriptor.name, values[0]])).toEqual([['g', 4]]);
    expect(names).toHaveLength(4);
  });
});

describe('a scrape as a string', () => {
  it('has all characters, those of names of labels in any script, and of texts of many chunks', async () => {
    const host = new Registry();
    const gauge = new Gauge({ name: 'g', help: 'Größe – “π”.', labelNames: ['place'], registers: [host] });
    const places = Array.from({ length: 9000 }, (_, index) =>
      index % 50 === 0 ? `東京 ${index} é 🗼` : `p${index}`,
    );
    places.forEach((place, index) => gauge.set({ place }, index));
    const text = await exposeAsText(registryOf(host, 'app_'));
    const { series, help } = parseExposition(text);
    expect(help['g']).toBe('Größe – “π”.');
    places.forEach((place, index) => expect(series[seriesKey('g', { place })]).toBe(index));
    expect(text).toBe(Buffer.from(text).toString());
  });
});
