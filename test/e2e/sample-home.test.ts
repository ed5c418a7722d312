import { Module } from '@nestjs/common';
import { type EndpointOptions, HyperMetricsModule } from 'nestjs-hyper-metrics';
import { Registry } from 'prom-client';
import { expect, it, onTestFinished } from 'vitest';
import { html } from '../../sample/src/home/html.js';
import { HomeModule } from '../../sample/src/home/home.module.js';
import { metricsEndpoint } from '../../sample/src/metrics-endpoint.js';
import { ask } from '../support/http-client.js';
import { createApplication, PLATFORMS } from '../support/platforms.js';

/** The metrics of the bookshop's home page and whether they are there, at the link that it has. */
async function followLink(platform: (typeof PLATFORMS)[number], endpoint: EndpointOptions) {
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry: new Registry(), endpoint }), HomeModule],
  })
  class ShopModule {}
  const app = await createApplication(platform, ShopModule);
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();

  const { metrics } = JSON.parse((await ask(url)).body.toString()) as { readonly metrics: string };
  const address = new URL(metrics, url);
  const { status, body } = await ask(address.href);
  return {
    isOnTheShopsPort: address.origin === new URL(url).origin,
    status,
    hasMetrics: body.includes('hyperdjango_uptime_seconds'),
  };
}

it.each(PLATFORMS)('the bookshop’s home page on %s links the metrics where they are', async (platform) => {
  expect(await followLink(platform, metricsEndpoint({}))).toEqual({
    isOnTheShopsPort: true,
    status: 200,
    hasMetrics: true,
  });
  expect(await followLink(platform, metricsEndpoint({ METRICS_PORT: '0' }))).toEqual({
    isOnTheShopsPort: false,
    status: 200,
    hasMetrics: true,
  });
});

const FOR_BROWSERS = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' };

it.each(PLATFORMS)(
  'the bookshop’s home page on %s is HTML for browsers, which runs no code but its own',
  async (platform) => {
    @Module({ imports: [HyperMetricsModule.forRoot({ registry: new Registry() }), HomeModule] })
    class ShopModule {}
    const app = await createApplication(platform, ShopModule);
    onTestFinished(() => app.close());
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();

    const page = await fetch(url, { headers: { ...FOR_BROWSERS, host: '"><script>alert(1)</script>' } });
    const markup = await page.text();
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('vary')).toBe('Accept');
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+';/,
    );
    expect(markup).toContain(`curl -X POST &#39;${url}/reports/nightly-sales&#39;`);
    expect(markup.match(/<script/g)).toHaveLength(1);
    expect(markup).not.toMatch(/ on\w+=/);

    const list = await fetch(url);
    expect(list.headers.get('content-type')).toMatch(/^application\/json/);
    const links = (await list.json()) as Record<string, string>;
    expect(Object.values(links).filter((link) => !/^(?:(?:POST|PUT) )?\/\S*$/.test(link))).toEqual([]);
    for (const link of Object.values(links)) expect(markup).toContain(link.replaceAll('&', '&amp;'));
  },
);

it('values in the bookshop’s markup are text', () => {
  const hostile = `<img src=x onerror="alert('1')"> &amp;`;
  expect(html`<a title="${hostile}">${hostile}</a>${undefined}${[html`<b>${'1 < 2'}</b>`]}`.markup).toBe(
    '<a title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp;amp;">' +
      '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp;amp;</a><b>1 &lt; 2</b>',
  );
});
