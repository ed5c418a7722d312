import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as prometheusIo from '@prometheus-io/client';
import { Counter, Gauge, Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HyperMetricsModule, type HyperMetricsOptions, MetricsService } from '../../src/index.js';
import type { HostRegistry } from '../../src/core/host-registry.interface.js';
import { LogLines } from '../support/log-lines.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { checkMetrics } from '../support/prometheus-server.js';
import { findMissingPushgateway, PushgatewayServer } from '../support/pushgateway-server.js';
import { isSkipped } from '../support/skipped.js';

const skipped = isSkipped('a real Pushgateway', findMissingPushgateway());

describe.skipIf(skipped)('a real Pushgateway', () => {
  let gateway: PushgatewayServer;
  beforeAll(async () => {
    gateway = await PushgatewayServer.start();
  });
  afterAll(() => gateway?.stop());

  const closing: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((app) => app.close()));
  });

  async function start(options: HyperMetricsOptions = {}, logger: LogLines | false = false) {
    @Module({
      imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false, ...options })],
    })
    class JobModule {}
    const app = await NestFactory.createApplicationContext(JobModule, { logger, abortOnError: false });
    closing.push(app);
    return { app, metrics: app.get(MetricsService) };
  }

  it('has our families, those of the application and those of its Prometheus client', async () => {
    const registry = new Registry();
    new Counter({ name: 'theirs_total', help: 'Theirs.', registers: [registry] }).inc(5);
    const { metrics } = await start({ registry, prefix: 'all_', version: '1.2.3' });
    metrics.counter({ name: 'rows_total', help: 'Rows.', labelNames: ['table'] }).inc(['books'], 7);
    metrics.histogram({ name: 'step_seconds', help: 'Steps.', buckets: [0.5, 1] }).observe(0.75);
    await metrics.push({ url: gateway.url, jobName: 'all', groupings: { shard: '1' } });

    const read = await gateway.read();
    const labels = 'instance="",job="all",shard="1"';
    expect(read.get(`theirs_total{${labels}}`)).toBe(5);
    expect(read.get(`rows_total{${labels},table="books"}`)).toBe(7);
    expect(read.get(`step_seconds_bucket{${labels},le="1"}`)).toBe(1);
    expect(read.get(`step_seconds_sum{${labels}}`)).toBe(0.75);
    const node = process.versions.node;
    expect(read.get(`all_info{instance="",job="all",node="${node}",shard="1",version="1.2.3"}`)).toBe(1);
    expect(read.get(`all_uptime_seconds{${labels}}`)).toBeGreaterThan(0);
    expect(read.get(`push_failure_time_seconds{${labels}}`)).toBe(0);
  });

  it('has the runtime metrics of both, and agrees with itself', async () => {
    const { metrics } = await start({ runtimeMetrics: true, prefix: 'runtime_' });
    await metrics.push({ url: gateway.url, jobName: 'runtime' });
    const text = await gateway.scrape();
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds\{instance="",job="runtime"\} /m);
    expect(text).toMatch(/^process_start_time_seconds\{instance="",job="runtime"\} /m);
    expect(checkMetrics(text).filter((line) => !/should|_total/.test(line))).toEqual([]);
  });

  it('has the metrics of a registry of @prometheus-io/client', async () => {
    const registry = new prometheusIo.Registry();
    new prometheusIo.Gauge({ name: 'other_client', help: 'Other.', registers: [registry] }).set(3);
    const { metrics } = await start({ registry: registry as unknown as HostRegistry, prefix: 'other_' });
    await metrics.push({ url: gateway.url, jobName: 'other' });
    const read = await gateway.read();
    expect(read.get('other_client{instance="",job="other"}')).toBe(3);
    expect(read.get('other_uptime_seconds{instance="",job="other"}')).toBeGreaterThan(0);
  });

  it('replaces a group with each push, or adds to it', async () => {
    const target = { url: `${gateway.url}/`, jobName: 'modes' };
    const first = await start({ prefix: 'first_' });
    await first.metrics.push(target);
    const second = await start({ prefix: 'second_' });
    const families = async (): Promise<boolean[]> => {
      const read = await gateway.read();
      return ['first', 'second'].map((name) => read.has(`${name}_uptime_seconds{instance="",job="modes"}`));
    };
    await second.metrics.push({ ...target, mode: 'add' });
    expect(await families()).toEqual([true, true]);
    await second.metrics.push(target);
    expect(await families()).toEqual([false, true]);
  });

  it.each(['', 'a/b', '..', '.', 'ü x', 'a+b%2F', '/', '='])('has groups by the label %j', async (shard) => {
    const { metrics } = await start({ prefix: 'label_' });
    await metrics.push({ url: gateway.url, jobName: 'läbels & more', groupings: { shard, region: 'eu' } });
    const read = await gateway.read();
    const series = `label_uptime_seconds{instance="",job="läbels & more",region="eu",shard="${shard}"}`;
    expect(read.get(series)).toBeGreaterThan(0);
  });

  it('has labels that the group has too under the name that Prometheus would give them', async () => {
    const { metrics } = await start({ prefix: 'twice_' });
    const runs = metrics.counter({ name: 'twice_runs_total', help: 'Runs.', labelNames: ['job', 'shard'] });
    runs.inc(['invoices', 'a']);
    runs.inc(['payments', 'a'], 2);
    const taken = metrics.gauge({ name: 'taken', help: 'Taken.', labelNames: ['exported_job', 'job'] });
    taken.set(['theirs', 'ours'], 3);
    await metrics.push({ url: gateway.url, jobName: 'nightly', groupings: { shard: '1' } });

    const read = await gateway.read();
    const group = 'instance="",job="nightly",shard="1"';
    const runsOf = (job: string) =>
      read.get(`twice_runs_total{exported_job="${job}",exported_shard="a",${group}}`);
    expect([runsOf('invoices'), runsOf('payments')]).toEqual([1, 2]);
    expect(read.get(`taken{exported_exported_job="ours",exported_job="theirs",${group}}`)).toBe(3);
    expect(await metrics.collect()).toContain('twice_runs_total{job="invoices",shard="a"} 1');
  });

  it('gets it compressed when it is asked for', async () => {
    const { metrics } = await start({ prefix: 'zipped_' });
    await metrics.push({ url: gateway.url, jobName: 'zipped', headers: { 'Content-Encoding': 'gzip' } });
    expect((await gateway.read()).get('zipped_uptime_seconds{instance="",job="zipped"}')).toBeGreaterThan(0);
  });

  it('gets the rest when a metric cannot be read', async () => {
    const registry = new Registry();
    const collect = (): never => {
      throw new Error('down');
    };
    new Gauge({ name: 'broken', help: 'Broken.', registers: [registry], collect });
    const { metrics } = await start({ registry, prefix: 'rest_' });
    await metrics.push({ url: gateway.url, jobName: 'rest' });
    expect((await gateway.read()).has('rest_uptime_seconds{instance="",job="rest"}')).toBe(true);
  });

  it('refuses what contradicts what it has, which is an error at once', async () => {
    const { metrics } = await start({ prefix: 'clash_' });
    metrics.gauge({ name: 'go_goroutines_count', help: 'A gauge.' }).set(1);
    await metrics.push({ url: gateway.url, jobName: 'clash' });
    const other = await start({ prefix: 'clash_' });
    other.metrics.counter({ name: 'go_goroutines_count', help: 'A counter.' }).inc();
    await expect(other.metrics.push({ url: gateway.url, jobName: 'clash2' })).rejects.toThrow(
      /^The metrics of job "clash2" could not be pushed to http:\S+ \(one attempt\): push failed with status 400/,
    );
  });

  it('gets what an application counted until its end', async () => {
    const registry = new Registry();
    const { app, metrics } = await start({
      registry,
      prefix: 'last_',
      pushOnShutdown: { url: gateway.url, jobName: 'last' },
    });
    metrics.counter({ name: 'last_rows_total', help: 'Rows.' }).inc(9);
    await app.close();
    expect((await gateway.read()).get('last_rows_total{instance="",job="last"}')).toBe(9);
  });

  it.each(PLATFORMS)('gets the requests of an application on %s, once it has closed', async (platform) => {
    const target: RunningApplication = await startApplication(
      platform,
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        runtimeMetrics: false,
        prefix: `${platform}_`,
        pushOnShutdown: { url: gateway.url, jobName: platform },
      }),
    );
    await fetch(`${target.url}/nowhere`).then((response) => response.text());
    await target.close();
    const series = `${platform}_http_requests_total{instance="",job="${platform}",method="GET",status="404"}`;
    expect((await gateway.read()).get(series)).toBe(1);
  });

  it('gets nothing from what is switched off', async () => {
    const { app, metrics } = await start({
      enabled: false,
      prefix: 'off_',
      pushOnShutdown: { url: gateway.url, jobName: 'off' },
    });
    await metrics.push({ url: gateway.url, jobName: 'off' });
    await app.close();
    expect(await gateway.scrape()).not.toContain('job="off"');
  });
});
