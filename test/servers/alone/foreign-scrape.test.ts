import { Counter, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { renderExposition } from '../../../src/exposition/render.js';
import { textFormat } from '../../../src/exposition/text-format.js';
import { registryOf } from '../../../src/registry/default-registry.js';

const SERIES = 50_000;
const PAIRS = 7;

const cpuMs = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

async function cpuOf(scrape: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await scrape();
  return cpuMs(process.cpuUsage(before));
}

it('a scrape of 50,000 series of prom-client takes at most 1.5 times the processor time that prom-client takes', async () => {
  const host = new Registry();
  const labelNames = ['method', 'route', 'status'];
  const counter = new Counter({ name: 'work_total', help: 'Work.', labelNames, registers: [host] });
  for (let index = 0; index < SERIES; index += 1) {
    counter.inc({ method: 'GET', route: `/books/${index}`, status: '200' });
  }
  const registry = registryOf(host, 'app_');
  const ours = async () => renderExposition(textFormat, await registry.gather());
  const theirs = () => host.metrics();
  await cpuOf(ours);
  await cpuOf(theirs);
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const own = await cpuOf(ours);
    ratios.push(own / (await cpuOf(theirs)));
  }
  const median = ratios.toSorted((one, other) => one - other)[Math.floor(PAIRS / 2)];
  expect(median).toBeLessThan(1.5);
});
