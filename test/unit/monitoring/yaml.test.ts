import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { toYaml, type YamlValue } from '../../../src/monitoring.js';

describe('YAML', () => {
  it('is written in blocks that people read', () => {
    const value = {
      groups: [
        {
          name: 'http',
          rules: [
            { record: 'job:up:sum', expr: 'sum by (job) (up)' },
            { alert: 'Down', expr: 'a\n> b', for: '5m' },
          ],
        },
      ],
      empty: [],
      left: undefined,
      none: {},
    };
    expect(toYaml(value)).toBe(
      `groups:
  - name: http
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Down
        expr: |-
          a
          > b
        for: 5m
empty: []
none: {}
`,
    );
  });

  it.each([
    'yes',
    'NO',
    'null',
    '1',
    '1e3',
    '0x1',
    '- a',
    'a: b',
    'a #b',
    "it's",
    '',
    ' a',
    'a ',
    '{{ $value }}',
    '*',
    '&a',
    '|',
    '%',
    '@a',
    '`a',
    'a:',
    '2001-01-01',
    '~',
    '!a',
    '[',
    '#',
  ])('keeps the string %j a string', (text) => {
    expect(load(toYaml({ key: text, list: [text] }))).toEqual({ key: text, list: [text] });
  });

  it('is read as what was written, whatever it was', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab1 :#-\'"{}[],&*!|>%@`?\\/.(\n\t') });
    const { value } = fc.letrec<{ value: YamlValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.array(tie('value'), { maxLength: 3 }) as fc.Arbitrary<YamlValue>,
        fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<YamlValue>,
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(text, value, { noNullPrototype: true }), (written) => {
        expect(load(toYaml(written))).toEqual(written);
      }),
    );
  });
});
