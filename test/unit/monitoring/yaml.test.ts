import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constantFrom,
  dictionary,
  integer,
  letrec,
  oneof,
  property,
  string,
} from 'fast-check';
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
    const text = string({ unit: constantFrom(...Array.from('ab1 :#-\'"{}[],&*!|>%@`?\\/.(\n\t')) });
    const { value } = letrec<{ value: YamlValue }>((tie) => ({
      value: oneof(
        { maxDepth: 3 },
        text,
        integer(),
        boolean(),
        array(tie('value'), { maxLength: 3 }) as Arbitrary<YamlValue>,
        dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }) as Arbitrary<YamlValue>,
      ),
    }));
    assert(
      property(dictionary(text, value, { noNullPrototype: true }), (written) => {
        expect(load(toYaml(written))).toEqual(written);
      }),
    );
  });
});
