// Prints what `import` and `require` disagree about, in one process.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const names = [];
const differing = [];
for (const entry of [
  'nestjs-hyper-metrics',
  'nestjs-hyper-metrics/testing',
  'nestjs-hyper-metrics/cluster',
  'nestjs-hyper-metrics/monitoring',
]) {
  const imported = await import(entry);
  const required = require(entry);
  const ofEntry = new Set([...Object.keys(imported), ...Object.keys(required)]);
  ofEntry.delete('__esModule');
  names.push(...ofEntry);
  differing.push(...[...ofEntry].filter((name) => imported[name] !== required[name]));
}
console.log(JSON.stringify({ names, differing }));
