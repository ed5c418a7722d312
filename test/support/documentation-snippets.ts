import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { documentationBlocks, queriesOf, resultOf } from './documentation-blocks.js';

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
  type Counter, Counted, defineCounter, type HttpLabelContext, HyperMetricsModule, InFlight, InjectMetric, type MethodCall,
  type MetricOf, MetricsService, PerformanceTracker, PoolHealthChecker, PoolTracker, QueryTimer, registerQueryTimer,
  SlowQueryLog, StatementCache, Timed,
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

/** Every block of TypeScript in the documentation, and what each difference comes to, by the file and line where it begins. */
export function documentationSnippets(): ReadonlyMap<string, string> {
  return new Map(
    documentationBlocks()
      .filter(({ language }) => language === 'ts' || language === 'diff')
      .map(({ place, language, code }) => [place, language === 'diff' ? resultOf(code) : code]),
  );
}

/** A snippet with what it leaves out: a snippet that imports from this package is complete. */
export function completeSnippet(code: string): string {
  return `${/^(import .*|}) from 'nestjs-hyper-metrics/m.test(code) ? '' : PRELUDE}${code}\nexport {};\n`;
}

/** What queries of the documentation have in them to which the sample has no answer, and why. */
const WITHOUT_ANSWER: readonly { readonly has: RegExp; readonly why: string }[] = [
  {
    has: /collector_errors_total|series_dropped_total|scrapes_refused_total|^up == 0$/,
    why: 'nothing was wrong',
  },
  { has: /offset 1d/, why: 'there is no yesterday' },
  { has: /method_in_flight\[15m\]\) > 0/, why: 'no call hangs' },
  {
    has: /schedule_last_success|exported_job="invoices"|schedule_[^\n]*> 0$/,
    why: 'the only job of the shop runs at night',
  },
  { has: /cluster_starts_total/, why: 'the shop is one process' },
  { has: /http_(request|response)_size_bytes/, why: '`http.sizes` is off there' },
  { has: /handler_duration_seconds/, why: '`http.handlers` is off there' },
  { has: /job(_\w+)?:/, why: 'rules; test/servers/alone/beyond-one-machine has them' },
];

/** What has an answer on some machines only: those with a limit of memory or CPU; and a mean of runs of the shop's job, by night. */
const DEPENDS = /process_(?:memory_limit_bytes|cpu_limit_cores)|schedule_run_duration_seconds_sum/;

/** Every query of the documentation to Prometheus, once: those that the sample answers, and the others. */
export function documentationQueries(): { answered: string[]; unanswered: string[] } {
  const queries = documentationBlocks()
    .filter(({ language }) => language === 'promql')
    .flatMap(({ code, place }) => queriesOf(code).map((query) => ({ query, place })))
    // Alerts are silent in health; test/servers/alert-rules has them.
    .filter(({ place }) => !place.startsWith('docs/alerts.md'))
    // Before a migration: what another package exports.
    .filter(({ query, place }) => !place.startsWith('docs/migrating/') || query.includes('hyperdjango_'))
    .map(({ query }) => query)
    .filter((query) => !DEPENDS.test(query));
  const unanswered = (query: string): boolean => WITHOUT_ANSWER.some(({ has }) => has.test(query));
  const all = [...new Set(queries)];
  return {
    answered: all.filter((query) => !unanswered(query)),
    unanswered: all.filter(unanswered),
  };
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
        text: completeSnippet(code),
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
