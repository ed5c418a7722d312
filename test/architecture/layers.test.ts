import { describe, expect, it } from 'vitest';
import { breaches } from './rules.js';
import { parse, readSourceFiles } from './source-files.js';

describe('src', () => {
  const files = readSourceFiles();

  it('keeps to the layers and roles of the conventions', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(breaches(files)).toEqual([]);
  });
});

describe('the rules', () => {
  it.each([
    ['core/a.ts', "import { x } from '../http/b.js';", 'core/a.ts imports http/b.ts, which is not below it'],
    ['http/a.ts', "import type { X } from '../process/b.js';", 'which is not below it'],
    ['database/sql/a.ts', "import { x } from '../source/b.js';", 'which is not below it'],
    ['database/pg/a.ts', "import { x } from '../typeorm/b.js';", 'which is not below it'],
    ['database/health/a.ts', "import { x } from '../query/b.js';", 'which is not below it'],
    ['database/health/a.ts', "import { x } from '../application-database.js';", 'which is not below it'],
    ['core/tool/a.ts', "import { x } from '../errors.js';", 'which is not below it'],
    ['core/a.ts', "import { x } from './metric/b.js';", 'which is not below it'],
    ['database/helpers/a.ts', '', 'database/helpers/a.ts is in no known folder'],
    ['core/a.ts', "export { x } from '../index.js';", 'which is not below it'],
    ['http/a.ts', "import { Get } from '@nestjs/common';", 'its name has no Nest role'],
    ['http/a.ts', "import { register } from 'prom-client';", 'http/a.ts imports prom-client'],
    ['registry/a.ts', "import type { Registry } from 'prom-client';", 'registry/a.ts imports prom-client'],
    ['http/a.ts', "import 'typeorm';", 'optional package typeorm'],
    ['http/a.ts', "import type { Pool } from 'pg';", 'optional package pg'],
    ['http/a.ts', "export const load = () => import('typeorm');", 'optional package typeorm'],
    ['http/a.ts', "const pool = require('pg-pool');", 'optional package pg-pool'],
    ['http/a.ts', "import pg = require('pg');", 'optional package pg'],
    ['core/a.ts', "export type X = import('../http/b.js').X;", 'which is not below it'],
    ['testing.ts', "export * from './core/a.js';", 'testing.ts exports everything of another file'],
    ['index.ts', "export type * from './core/a.js';", 'index.ts exports everything of another file'],
    ['helpers/a.ts', '', 'helpers/a.ts is in no known folder'],
    ['core/a.ts', '\n'.repeat(301), 'core/a.ts has 301 lines'],
    ['core/a.ts', "import { a } from './a.js';", 'imports go round: core/a.ts → core/a.ts'],
  ])('report %s with %j', (path, text, breach) => {
    expect(breaches([parse(path, text)])).toEqual([expect.stringContaining(breach)]);
  });

  it('report files that import each other, also when one of them imports a type only', () => {
    const files = [
      parse('core/a.ts', "import { b } from './b.js';"),
      parse('core/b.ts', "import type { A } from './a.js';"),
    ];
    expect(breaches(files)).toEqual(['imports go round: core/a.ts → core/b.ts → core/a.ts']);
  });

  it.each([
    ['http/a.ts', "import { x } from '../core/b.js';"],
    ['http/a.interceptor.ts', "import { Inject } from '@nestjs/common';"],
    ['registry/a.ts', "import { register } from 'prom-client';"],
    ['http/a.ts', "import { x } from './b.js';"],
    ['database/typeorm/a.ts', "import { x } from '../pg/b.js';"],
    ['database/a.ts', "import { x } from './health/b.js';"],
    ['core/metric/a.ts', "import { x } from '../errors.js';"],
    ['index.ts', "export * as core from './core/a.js';"],
    ['core/a.ts', "const text = 'import(\"pg\")'; // require('pg')"],
  ])('allow %s with %j', (path, text) => {
    expect(breaches([parse(path, text)])).toEqual([]);
  });
});
