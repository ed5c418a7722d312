import { createHash } from 'node:crypto';
import { Html, html } from './html.js';
import { SCRIPT, STYLE } from './home-page.assets.js';
import { LINK_GROUPS, type LinkGroup, type RouteLink } from './route-links.js';

/** Names of the shop's own metrics have no prefix. */
const OWN_FAMILY = /^bookshop_/;

/** Where the shop and its metrics are. */
export interface Addresses {
  /** Of the shop, for commands in a terminal. */
  readonly baseUrl: string;
  /** A path of the shop, or an address with a port of its own. */
  readonly metrics: string;
  readonly prefix: string;
}

/** Allows the page its own style and script, and nothing else. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What there is to open and to send, for programs: paths, with the method if it is not GET. */
export function listLinks(addresses: Addresses): Readonly<Record<string, string>> {
  const links = LINK_GROUPS.flatMap((group) => Object.entries(group.links));
  return {
    index: '/',
    livePage: `${addresses.metrics}/live`,
    metrics: addresses.metrics,
    ...Object.fromEntries(
      links.map(([name, link]) => [name, [link.method, pathOf(link, addresses)].join(' ').trim()]),
    ),
  };
}

/** The same for people. */
export function renderHomePage(addresses: Addresses): string {
  const { metrics } = addresses;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Bookshop: the sample of nestjs-hyper-metrics</title>
        <link rel="icon" href="data:," />
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header>
          <h1>The bookshop</h1>
          <p class="about">
            A small service on NestJS, TypeORM and PostgreSQL, watched by nestjs-hyper-metrics. Open the live
            page beside this one, follow the links below, and see the numbers move.
          </p>
        </header>
        <nav class="first" aria-label="Metrics">
          <a href="${metrics}/live"><strong>Live page</strong>now, and the last 15 minutes</a>
          <a href="${metrics}"><strong>Metrics</strong>what Prometheus scrapes</a>
        </nav>
        <main class="groups">${LINK_GROUPS.map((group) => renderGroup(group, addresses))}</main>
        <footer>
          <code>sample/README.md</code> explains each route and where its code is. This list as JSON:
          <code>curl ${addresses.baseUrl}</code>
        </footer>
        ${new Html(`<script>${SCRIPT}</script>`)}
      </body>
    </html>`.markup;
}

function renderGroup({ title, links }: LinkGroup, addresses: Addresses): Html {
  return html`<section>
    <h2>${title}</h2>
    <ul>
      ${Object.values(links).map((link) => renderLink(link, addresses))}
    </ul>
  </section>`;
}

function renderLink(link: RouteLink, addresses: Addresses): Html {
  const path = pathOf(link, addresses);
  const title = html`<code>${[link.method, path].join(' ').trim()}</code>`;
  const isForBrowsers = link.method === undefined && link.curl === undefined;
  return html`<li>
    ${isForBrowsers ? html`<a href="${path}">${title}</a>` : title}
    <p class="look">${link.look}</p>
    ${isForBrowsers ? undefined : renderCommand(link, path, addresses)}
    ${link.families && html`<p class="families">${link.families.map((name) => renderFamily(name, addresses))}</p>`}
  </li>`;
}

function renderCommand({ method, curl }: RouteLink, path: string, { baseUrl }: Addresses): Html {
  const address = new URL(path, baseUrl).href;
  const command = ['curl', method && `-X ${method}`, curl, `'${address}'`].filter(Boolean).join(' ');
  return html`<div class="command">
    <code>${command}</code>
    <button type="button" hidden>Copy<span class="unseen"> the command for ${path}</span></button>
  </div>`;
}

/** Leads to the lines of this family alone. */
function renderFamily(family: string, { metrics, prefix }: Addresses): Html {
  const name = OWN_FAMILY.test(family) ? family : prefix + family;
  return html`<a href="${metrics}?name[]=${name}"><code>${name}</code></a>`;
}

function pathOf({ path }: RouteLink, { metrics, prefix }: Addresses): string {
  return path.replace('{metrics}', metrics).replace('{prefix}', prefix);
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
