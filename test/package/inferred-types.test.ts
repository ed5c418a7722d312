import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { LibraryPackage } from '../support/consumer-package.js';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
const ENTRY_POINTS = ['', '/testing', '/cluster', '/monitoring'].map((path) => `${manifest.name}${path}`);

const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  declaration: true,
  isolatedModules: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

/** What applications leave to the compiler, with the labels of their own metrics. */
const OWN_METRICS = `
import { Injectable } from '@nestjs/common';
import { defineCounter, defineGauge, defineHistogram, InjectMetric, type MetricOf, MetricsService } from '${manifest.name}';

export const orders = defineCounter({ name: 'orders_total', help: 'Orders.', labelNames: ['plan'] });
export const returns = defineCounter({ name: 'returns_total', help: 'Returns.' });
export const depth = defineGauge({ name: 'depth', help: 'Depth.', labelNames: ['queue'] });
export const size = defineHistogram({ name: 'size_bytes', help: 'Size.', labelNames: ['kind'] });

@Injectable()
export class Shop {
  readonly orders;
  readonly plans;
  readonly returns;
  readonly depth;
  readonly size;
  readonly stop;
  readonly definition;
  constructor(metrics: MetricsService, @InjectMetric(depth) readonly queues: MetricOf<typeof depth>) {
    this.orders = metrics.counter({ name: 'orders_total', help: 'Orders.', labelNames: ['plan'] });
    this.plans = this.orders.labels('free');
    this.returns = metrics.counter({ name: 'returns_total', help: 'Returns.' });
    this.depth = metrics.gauge({ name: 'depth', help: 'Depth.', labelNames: ['queue'] }).labels('mail');
    this.size = metrics.histogram({ name: 'size_bytes', help: 'Size.', labelNames: ['kind'] });
    this.definition = this.orders.definition;
    this.stop = this.size.startTimer({ kind: 'a' });
  }
}
`;

let folder: string;
let library: LibraryPackage;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hyper-metrics-inferred-'));
  library = await LibraryPackage.pack();
  const installed = join(folder, 'node_modules', manifest.name);
  // A copy: through a link, the compiler could name any file of the library.
  mkdirSync(join(folder, 'node_modules'));
  await library.unpackTo(installed);
  for (const name of readdirSync(modules).filter((entry) => !entry.startsWith('.'))) {
    symlinkSync(join(modules, name), join(folder, 'node_modules', name));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});

afterAll(() => {
  library?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Compiles a file of an application, and returns it with what the compiler says of it. */
function compiled(text: string): {
  readonly program: ts.Program;
  readonly source: ts.SourceFile;
  readonly problems: string[];
} {
  const file = join(folder, 'application.ts');
  writeFileSync(file, text);
  const program = ts.createProgram([file], { ...OPTIONS, outDir: join(folder, 'out'), rootDir: folder });
  const { diagnostics } = program.emit();
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, ' '),
  );
  return { program, source: program.getSourceFile(file) as ts.SourceFile, problems: [...new Set(problems)] };
}

it('applications that emit declarations may export their metrics', () => {
  expect(compiled(OWN_METRICS).problems).toEqual([]);
});

it.each(ENTRY_POINTS)('the types of all that %s gives can be named', (name) => {
  // Whoever uses an entry point imports the module, too.
  const start = `import * as library from '${name}';\nimport type {} from '${manifest.name}';\n`;
  const { program, source, problems } = compiled(`${start}export const all = library;`);
  expect(problems).toEqual([]);
  const checker = program.getTypeChecker();
  const [statement] = source.statements as unknown as [ts.ImportDeclaration];
  const entry = checker.getSymbolAtLocation(statement.moduleSpecifier) as ts.Symbol;

  const lines: string[] = ['declare function returned<R>(f: (...given: never) => R): R;'];
  const add = (expression: string, type: ts.Type): void => {
    lines.push(`export const given${lines.length} = ${expression};`);
    if (type.getCallSignatures().length > 0) {
      lines.push(`export const given${lines.length} = returned(${expression});`);
    }
  };
  for (const exported of checker.getExportsOfModule(entry)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const isTypeOnly = exported.declarations?.some(ts.isTypeOnlyImportOrExportDeclaration) === true;
    if (symbol.flags & ts.SymbolFlags.Value && !isTypeOnly) {
      add(`library.${exported.name}`, checker.getTypeOfSymbol(symbol));
    }
    if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) {
      const type = checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType;
      const labels = (type.typeParameters ?? []).map(() => 'never').join(', ');
      const one = `(undefined as unknown as library.${exported.name}${labels && `<${labels}>`})`;
      for (const member of checker.getPropertiesOfType(type).filter(isPublic)) {
        add(`${one}.${member.name}`, checker.getTypeOfSymbol(member));
      }
    }
  }
  expect(lines.length).toBeGreaterThan(5);
  expect(compiled(start + lines.join('\n')).problems).toEqual([]);
});

function isPublic({ name, declarations = [] }: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (
    /^[a-z]/i.test(name) && declarations.every((node) => (ts.getCombinedModifierFlags(node) & hidden) === 0)
  );
}
