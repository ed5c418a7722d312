import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { breaches } from './rules.js';
import { parse, readSourceFiles } from './source-files.js';

describe('src', () => {
  const files = readSourceFiles();

  it('keeps to the layers and roles of the conventions', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(breaches(files)).toEqual([]);
  });

  it('names everything that it exports', () => {
    const entry = readFileSync(new URL('../../src/index.ts', import.meta.url), 'utf8');

    expect(entry).not.toMatch(/export \*/);
  });
});

describe('the rules', () => {
  it.each([
    ['core/a.ts', "import { x } from '../http/b.js';", 'core/a.ts imports http/b.ts, which is not below it'],
    ['http/a.ts', "import type { X } from '../process/b.js';", 'which is not below it'],
    ['core/a.ts', "export { x } from '../index.js';", 'which is not below it'],
    ['http/a.ts', "import { Get } from '@nestjs/common';", 'its name has no Nest role'],
    ['http/a.ts', "import { register } from 'prom-client';", 'http/a.ts imports prom-client'],
    ['registry/a.ts', "import type { Registry } from 'prom-client';", 'registry/a.ts imports prom-client'],
    ['http/a.ts', "import 'typeorm';", 'optional package typeorm'],
    ['helpers/a.ts', '', 'helpers/a.ts is in no known folder'],
    ['core/a.ts', '\n'.repeat(301), 'core/a.ts has 301 lines'],
    ['core/a.ts', "import { a } from './a.js';", 'imports go round: core/a.ts → core/a.ts'],
  ])('report %s with %j', (path, text, breach) => {
    expect(breaches([parse(path, text)])).toEqual([expect.stringContaining(breach)]);
  });

  it.each([
    ['http/a.ts', "import { x } from '../core/b.js';"],
    ['http/a.interceptor.ts', "import { Inject } from '@nestjs/common';"],
    ['registry/a.ts', "import { register } from 'prom-client';"],
    ['http/a.ts', "import { x } from './b.js';"],
  ])('allow %s with %j', (path, text) => {
    expect(breaches([parse(path, text)])).toEqual([]);
  });
});
