// Prints what `import` and `require` disagree about, in one process.
import { createRequire } from 'node:module';

const imported = await import('nestjs-hyper-metrics');
const required = createRequire(import.meta.url)('nestjs-hyper-metrics');
const names = new Set([...Object.keys(imported), ...Object.keys(required)]);
names.delete('__esModule');
console.log(
  JSON.stringify({
    names: [...names],
    differing: [...names].filter((name) => imported[name] !== required[name]),
  }),
);
