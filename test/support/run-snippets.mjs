// Runs the documentation's TypeScript: `node run-snippets.mjs <folder>`, where the compiled snippets are, with
// `surroundings.mjs` beside them. Each is imported; the modules in it, and those that it configures, are started and closed in an
// application, and its providers made. Ports of their own become free ones of this machine, the gateway of pushes a server that
// accepts them. Prints one line of JSON for each: [file, error or null].
import 'reflect-metadata';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Registry } from 'prom-client';

const folder = pathToFileURL(`${process.argv[2]}/`);
const library = await import(new URL('../../dist/esm/index.js', import.meta.url));
const { surroundings } = await import(new URL('surroundings.mjs', folder));

const gateway = createServer((request, response) => {
  request.resume().on('end', () => response.end());
}).listen(0, '127.0.0.1');
await once(gateway, 'listening');
globalThis.pushgatewayUrl = `http://127.0.0.1:${gateway.address().port}`;

/** What a snippet configured: `forRoot()` as a statement leaves nothing else behind. */
let configured = [];
const forRoot = library.HyperMetricsModule.forRoot.bind(library.HyperMetricsModule);
library.HyperMetricsModule.forRoot = (options = {}) => {
  const port = options.endpoint?.port === undefined ? {} : { port: 0, host: '127.0.0.1' };
  const endpoint = options.endpoint && { ...options.endpoint, ...port };
  const module = forRoot({ registry: new Registry(), ...options, ...(endpoint && { endpoint }) });
  configured.push(module);
  return module;
};

const isModule = (value) => Reflect.hasMetadata('imports', value) || Reflect.hasMetadata('providers', value);
const isProvider = (value) => Reflect.hasMetadata('__injectable__', value);
const isController = (value) => Reflect.hasMetadata('__controller__', value);

async function start(metadata) {
  class Application {}
  Module(metadata)(Application);
  const app = await NestFactory.create(Application, new ExpressAdapter(), {
    logger: false,
    abortOnError: false,
  });
  try {
    await app.listen(0, '127.0.0.1');
    const response = await fetch(`${await app.getUrl()}/metrics`);
    // Off or elsewhere is 404; 401 and 403 are what a snippet about access asks for.
    const expected = [200, 401, 403, 404];
    if (!expected.includes(response.status)) throw new Error(`/metrics answered ${response.status}`);
  } finally {
    await app.close();
  }
}

async function run(file) {
  configured = [];
  const classes = Object.values(await import(new URL(file, folder))).filter(
    (value) => typeof value === 'function',
  );
  const modules = classes.filter(isModule);
  for (const module of configured.length > 0 && modules.length === 0 ? configured : []) {
    await start({ imports: [module] });
  }
  const own = classes.filter((value) => !modules.includes(value));
  const controllers = own.filter(isController);
  const providers = own.filter((value) => isProvider(value) && !isController(value));
  // A module with metrics of its own brings everything; others, and providers, need an application around them.
  const isComplete = modules.length > 0 && (configured.length > 0 || modules.some(importsMetrics));
  if (isComplete) await start({ imports: modules });
  else if (modules.length > 0) await start({ imports: [...surroundings(), ...modules] });
  else if (own.length > 0) await start({ imports: surroundings(), providers, controllers });
}

function importsMetrics(module) {
  const imports = Reflect.getMetadata('imports', module) ?? [];
  return imports.some((imported) =>
    imported instanceof Promise ? true : imported.module === library.HyperMetricsModule,
  );
}

for (const file of readdirSync(folder).filter((name) => name.startsWith('snippet-'))) {
  const error = await run(file).then(
    () => null,
    (reason) => reason?.stack ?? String(reason),
  );
  console.log(JSON.stringify([file, error]));
}
process.exit();
