import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidLabelsError, InvalidValueError } from '../../../../src/core/errors.js';
import { Gauge } from '../../../../src/core/metric/gauge.js';

const unlabelled = () => new Gauge({ name: 'depth', type: 'gauge', help: 'Depth.', labelNames: [] });
const labelled = () => new Gauge({ name: 'depth', type: 'gauge', help: 'Depth.', labelNames: ['queue'] });

describe('Gauge', () => {
  it('rises, falls and is set, by 1 when no amount is given', () => {
    const gauge = unlabelled();
    expect(gauge.value).toBe(0);
    gauge.inc();
    gauge.inc(4);
    gauge.dec();
    expect(gauge.value).toBe(4);
    gauge.dec(10);
    expect(gauge.value).toBe(-6);
    gauge.set(2.5);
    expect(gauge.value).toBe(2.5);
  });

  it('takes labels in both forms in every method', () => {
    const gauge = labelled();
    gauge.set({ queue: 'mail' }, 100);
    gauge.set(['mail'], 200);
    gauge.inc({ queue: 'mail' });
    gauge.inc(['mail'], 10);
    gauge.dec({ queue: 'mail' }, 5);
    gauge.dec(['mail']);
    expect(gauge.labels('mail').value).toBe(205);
    expect(gauge.snapshot().labelRows).toEqual([['mail']]);
  });

  it.each([Number.NaN, Infinity, -Infinity])('holds %s, which is a number in Prometheus', (value) => {
    const gauge = unlabelled();
    gauge.set(value);
    expect(gauge.value).toBe(value);
    expect([...gauge.snapshot().values]).toEqual([value]);
  });

  it.each(['set', 'inc', 'dec'] as const)('refuses text in %s() and keeps its value', (method) => {
    const gauge = unlabelled();
    gauge.set(7);
    expect(() => gauge[method]('5' as never)).toThrow(
      new InvalidValueError('Gauge "depth" takes numbers; got 5 (string).'),
    );
    expect(gauge.value).toBe(7);
  });

  it('refuses a set() without a value', () => {
    expect(() => (labelled() as Gauge).set({ queue: 'mail' }, undefined as never)).toThrow(
      new InvalidValueError('Gauge "depth" takes numbers; got undefined (undefined).'),
    );
  });

  it('says which labels are missing when a labelled gauge is used without', () => {
    const advice = new InvalidLabelsError(
      'Metric "depth" has the labels queue. Pass their values, or record on labels(...).',
    );
    expect(() => (labelled() as Gauge).set(1)).toThrow(advice);
    expect(() => (labelled() as Gauge).inc()).toThrow(advice);
    expect(() => (labelled() as Gauge).dec()).toThrow(advice);
    expect(labelled().value).toBeNaN();
    expect(() => labelled().startTimer()()).toThrow(advice);
    expect(() => labelled().setToCurrentTime()).toThrow(advice);
  });
});

describe('Gauge and time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'], now: 1_700_000_000_500 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is set to the current Unix time in seconds', () => {
    const gauge = labelled();
    gauge.setToCurrentTime({ queue: 'mail' });
    expect(gauge.labels('mail').value).toBe(1_700_000_000.5);
  });

  it('is set to the seconds that a timer ran, each time the timer is stopped', () => {
    const gauge = labelled();
    const stop = gauge.startTimer(['mail']);
    vi.advanceTimersByTime(250);
    expect(stop()).toBeCloseTo(0.25, 9);
    expect(gauge.labels('mail').value).toBeCloseTo(0.25, 9);
    vi.advanceTimersByTime(1000);
    expect(stop()).toBeCloseTo(1.25, 9);
    expect(gauge.labels('mail').value).toBeCloseTo(1.25, 9);
  });

  it('times by a clock that changes of the system time do not move', () => {
    const gauge = unlabelled();
    const stop = gauge.startTimer();
    vi.setSystemTime(0);
    vi.advanceTimersByTime(100);
    expect(stop()).toBeCloseTo(0.1, 9);
  });
});
