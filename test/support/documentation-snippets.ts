import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the snippets leave out: imports that a reader can guess, and types of the reader's own. */
const PRELUDE = `
import {
  Controller, Get, Inject, Injectable, Module, type OnModuleInit, SetMetadata, UseInterceptors,
} from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { DataSource, type DataSourceOptions, type Repository } from 'typeorm';
import { expect } from 'vitest';
import {
  type Counter, counter, Counted, type HttpLabelContext, HyperMetricsModule, InFlight, InjectMetric, type MethodCall,
  type MetricOf, MetricsService, PoolHealthChecker, QueryTimer, registerQueryTimer, SlowQueryLog, StatementCache, Timed,
} from 'nestjs-hyper-metrics';
interface Order { readonly plan: string }
interface AuthenticatedRequest { readonly user?: { readonly tenant: string } }
const Public = () => SetMetadata('public', true);
declare const metrics: MetricsService;
declare const dataSource: DataSource;
interface Book { readonly id: number }
declare const bookRepository: Repository<Book>;
declare const reviewRepository: Repository<{ readonly id: number; readonly bookId: number; book?: Book }>;
`;

/** Every block of TypeScript in README and docs, by the file and line where it begins. */
export function documentationSnippets(): ReadonlyMap<string, string> {
  const pages = readdirSync(`${ROOT}docs`).filter((name) => name.endsWith('.md'));
  const files = ['README.md', ...pages.map((name) => `docs/${name}`)];
  return new Map(
    files.flatMap((file) => {
      const text = readFileSync(ROOT + file, 'utf8');
      return [...text.matchAll(/```ts\n(.*?)```/gs)].map(({ 1: code = '', index }): [string, string] => [
        `${file}:${text.slice(0, index).split('\n').length}`,
        code,
      ]);
    }),
  );
}

/** The alert rules of docs/database.md. */
export function documentationAlerts(): string {
  const text = readFileSync(`${ROOT}docs/database.md`, 'utf8');
  return /```yaml\n(groups:\n.*?)```/s.exec(text)?.[1] ?? '';
}

/** Every query of the pages about databases to Prometheus, with an empty line between them. */
export function documentationQueries(): string[] {
  const pages = ['database', 'queries-per-request', 'statement-cache'];
  const text = pages.map((page) => readFileSync(`${ROOT}docs/${page}.md`, 'utf8')).join('\n');
  return [...text.matchAll(/```promql\n(.*?)```/gs)].flatMap(([, block = '']) =>
    block
      .replaceAll(/^#.*$/gm, '')
      .split(/\n\s*\n/)
      .map((query) => query.trim())
      .filter((query) => query !== ''),
  );
}

/** What the compiler says about each, with the options of this repository, against the built package. */
export function compileSnippets(snippets: ReadonlyMap<string, string>): string[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile).config,
    ts.sys,
    ROOT,
  );
  const sources = new Map(
    [...snippets].map(([place, code], index) => [
      `${ROOT}snippet-${index}.ts`,
      {
        place,
        text: `${/^import .* from 'nestjs-hyper-metrics'|^} from 'nestjs/m.test(code) ? '' : PRELUDE}${code}\nexport {};\n`,
      },
    ]),
  );
  const host = ts.createCompilerHost(options);
  const readSystemFile = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => {
    const source = sources.get(name);
    return source === undefined
      ? readSystemFile(name, ...rest)
      : ts.createSourceFile(name, source.text, {
          languageVersion: ts.ScriptTarget.ES2022,
          impliedNodeFormat: ts.ModuleKind.ESNext,
        });
  };
  const exists = host.fileExists.bind(host);
  host.fileExists = (name) => sources.has(name) || exists(name);
  const program = ts.createProgram([...sources.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const place = sources.get(file?.fileName ?? '')?.place ?? file?.fileName ?? '';
    return `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
