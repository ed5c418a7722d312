import { describe, expect, it } from 'vitest';
import { routeLabel, UNMATCHED_ROUTE } from '../../../src/http/route-label.js';

describe('routeLabel', () => {
  it.each([
    ['/books/:id', '/books/:id'],
    ['/', '/'],
    ['', '/'],
    ['*', '*'],
    [/^\/books\/(\d+)$/, '^\\/books\\/(\\d+)$'],
    [['/books', '/titles'], '/books,/titles'],
    [['/books', /^\/t/], '/books,^\\/t'],
  ])('of %s is "%s"', (template, label) => {
    expect(routeLabel(template)).toBe(label);
  });

  it.each([[undefined], [null], [5], [{}]])('of %s, which is no template, is the fixed word', (template) => {
    expect(routeLabel(template)).toBe('<unmatched>');
    expect(UNMATCHED_ROUTE).toBe('<unmatched>');
  });
});
