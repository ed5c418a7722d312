import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type GrafanaDashboard, type GrafanaPanel, grafanaDashboard } from '../../src/monitoring.js';

/** Beside the packages that it imports. */
const FILE = fileURLToPath(new URL('./dashboard-schema.generated.ts', import.meta.url));
const COMPOSABLE = '@grafana/schema/dist/esm/raw/composable';

/** JSON has strings where Grafana's types have members of enumerations, and no methods. */
const HEADER = `
import type { Dashboard as SdkDashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import type { Dashboard, GraphFieldConfig } from '@grafana/schema';
import type { Options as GraphOptions } from '${COMPOSABLE}/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type { Options as StatOptions } from '${COMPOSABLE}/stat/panelcfg/x/StatPanelCfg_types.gen';
type Method = (...args: never[]) => unknown;
type Loose<T> = T extends string ? string : T extends number ? number : T extends boolean ? boolean
  : T extends (infer Item)[] ? Loose<Item>[]
  : T extends object ? { [Name in keyof T as T[Name] extends Method ? never : Name]: Loose<T[Name]> } : T;
`;

/** What the compiler says about a dashboard as Grafana's own types see it. */
function compile({ panels, ...shell }: GrafanaDashboard): string[] {
  const all = panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  const of = (type: string): readonly GrafanaPanel[] => all.filter((panel) => panel.type === type);
  const customOf = (panel: GrafanaPanel): unknown =>
    (panel['fieldConfig'] as { readonly defaults: { readonly custom: unknown } }).defaults.custom;
  const { templating, annotations, ...others } = shell;
  expect([templating, annotations]).not.toContain(undefined);
  const constants: Readonly<Record<string, unknown>> = {
    // The schema leaves out what the SDK knows of variables, and what Prometheus adds to annotations.
    "Loose<Omit<Dashboard, 'templating' | 'annotations'>>": { ...others, panels },
    'Loose<SdkDashboard>': { ...shell, panels },
    'Loose<GraphFieldConfig>[]': of('timeseries').map(customOf),
    'Loose<GraphOptions>[]': of('timeseries').map((panel) => panel['options']),
    'Loose<StatOptions>[]': of('stat').map((panel) => panel['options']),
    'Loose<Dataquery>[]': all.flatMap(({ targets = [] }) => targets),
  };
  const text = Object.entries(constants).map(
    ([type, value], index) => `export const value${index}: ${type} = ${JSON.stringify(value)};\n`,
  );
  writeFileSync(FILE, HEADER + text.join(''));
  onTestFinished(() => rmSync(FILE, { force: true }));
  const program = ts.createProgram([FILE], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
  });
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
    .filter((message, index, messages) => messages.indexOf(message) === index);
}

describe('the dashboard', () => {
  it('has the properties that Grafana’s schema and its SDK have, with values of their types, and no others', () => {
    expect(compile(grafanaDashboard({ documentation: 'https://wiki.example' }))).toEqual([]);
  });

  it('would not be accepted with a property that Grafana does not know, or of another type', () => {
    const [row, stat, ...panels] = grafanaDashboard().panels as [GrafanaPanel, GrafanaPanel];
    const changed = (change: object): GrafanaDashboard => ({
      ...grafanaDashboard(),
      panels: [row, { ...stat, ...change }, ...panels],
    });
    expect(compile(changed({ descriptoin: 'A typing error.' })).join('\n')).toContain('descriptoin');
    expect(compile(changed({ options: { graphMode: 'none', graphmode: 'none' } })).join('\n')).toContain(
      'graphmode',
    );
    expect(compile(changed({ title: 5 })).join('\n')).toContain(
      "Type 'number' is not assignable to type 'string'",
    );
  });
});
