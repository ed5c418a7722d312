import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import ts from 'typescript';
import manifest from '../../package.json' with { type: 'json' };
import { ask } from './http-client.js';
import type { ProcessOutput } from './process-output.js';
import { CHECKOUT, nodeArguments } from './sample-process.js';
import { type Ending, ServerProcess } from './server-process.js';

/** Of what `nest new` installs, what a sample may need without saying so. */
const NEW_APPLICATION = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', 'reflect-metadata'];
const METHOD_DURATION = 'hyperdjango_method_duration_seconds_count{class="SumController",method="sum"';

const METRICS = /(?:Metrics|workers) at http:\/\/(127\.0\.0\.1:\d+)/;
const MESSAGE_PORT = /Messages at tcp:\/\/127\.0\.0\.1:(\d+)/;

/** What `send()` comes to: values by series, as a scrape has them, and as queries to Prometheus. */
export const COUNTED = {
  'quick-start': {
    'hyperdjango_http_requests_total{method="GET",status="200"}': 3,
    'hyperdjango_http_requests_total{method="GET",status="404"}': 1,
  },
  fastify: {
    'hyperdjango_http_route_duration_seconds_count{method="GET",route="/hello/:name",status="200"}': 2,
  },
  pg: {
    'hyperdjango_http_route_duration_seconds_count{method="GET",route="/books/one-by-one",status="200",region="local"}': 1,
    'hyperdjango_n_plus_one_by_route_total{route="/books/one-by-one",region="local"}': 1,
  },
  worker: { prices_imported_total: 3 },
  microservice: {
    [`${METHOD_DURATION},outcome="success"}`]: 2,
    [`${METHOD_DURATION},outcome="error"}`]: 1,
  },
  cluster: { visits_total: 20 },
} as const satisfies Record<string, Readonly<Record<string, number>>>;

export type SampleName = keyof typeof COUNTED;
/** Not a server: a file of tests. */
export type ScriptName = SampleName | 'query-budget';
export const SAMPLE_NAMES = Object.keys(COUNTED) as SampleName[];

const REQUESTS: Readonly<Partial<Record<SampleName, readonly string[]>>> = {
  'quick-start': ['/', '/', '/', '/nowhere'],
  fastify: ['/hello/Ada', '/hello/Grace'],
  pg: ['/books/one-by-one'],
  cluster: Array.from({ length: 20 }, () => '/'),
};
const MESSAGES: Readonly<Partial<Record<SampleName, readonly unknown[]>>> = {
  microservice: [[1, 2, 3], [], 'no numbers'],
};

export interface SampleScript {
  readonly args: readonly string[];
  /** Deleted when the sample has ended. */
  readonly directory?: string;
}

/** A sample of one file in a process of its own, on free ports. */
export class OneFileSample {
  private constructor(
    private readonly name: SampleName,
    private readonly server: ServerProcess,
  ) {}

  static async start(
    name: SampleName,
    { args, directory }: SampleScript,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<OneFileSample> {
    const server = await ServerProcess.start({
      command: process.execPath,
      args,
      options: { env: { ...process.env, NO_COLOR: '1', PORT: '0', METRICS_PORT: '0', ...environment } },
      ...(directory !== undefined && { directory }),
      isReady: (output) => METRICS.test(output) && (name !== 'microservice' || MESSAGE_PORT.test(output)),
    });
    return new OneFileSample(name, server);
  }

  /** Host and port of the metrics; for those that speak HTTP, of everything. */
  get address(): string {
    return METRICS.exec(this.output.text)?.[1] ?? '';
  }

  get output(): ProcessOutput {
    return this.server.output;
  }

  async send(): Promise<void> {
    for (const path of REQUESTS[this.name] ?? []) await ask(`http://${this.address}${path}`);
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: Number(MESSAGE_PORT.exec(this.output.text)?.[1]) },
    });
    for (const data of MESSAGES[this.name] ?? []) {
      await firstValueFrom(client.send('sum', data)).catch(() => undefined);
    }
    await client.close();
  }

  stop(): Promise<Ending> {
    return this.server.stop();
  }
}

/** What the command that starts a sample runs, after building it. */
export function startScript(name: ScriptName): SampleScript {
  return { args: nodeArguments(`start:${name}`) };
}

/** The file as the only one of a new application with CommonJS, and with the packages that the samples' page names. */
export function writeCopy(name: ScriptName): SampleScript {
  const directory = mkdtempSync(join(tmpdir(), 'hyper-metrics-copied-'));
  for (const packageName of [...NEW_APPLICATION, ...documentedPackages(name)]) {
    const link = join(directory, 'node_modules', packageName);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(packageName === manifest.name ? CHECKOUT : join(CHECKOUT, 'node_modules', packageName), link);
  }
  const source = readFileSync(join(CHECKOUT, 'sample/src/one-file', `${name}.ts`), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      esModuleInterop: true,
    },
  });
  const script = join(directory, 'main.js');
  writeFileSync(script, outputText);
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'copied', type: 'commonjs' }));
  return { args: [script], directory };
}

function documentedPackages(name: ScriptName): string[] {
  const page = readFileSync(join(CHECKOUT, 'sample/README.md'), 'utf8');
  const [, packages] = new RegExp(`^\\| \`${name}\\.ts\` *\\| \`(.+)\` *\\|$`, 'm').exec(page) ?? [];
  if (packages === undefined) throw new Error(`sample/README.md does not say what ${name}.ts needs.`);
  return packages.split(' ');
}
