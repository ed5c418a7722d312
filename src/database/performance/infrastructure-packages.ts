/**
 * Packages that send or carry queries on behalf of other code: frames of theirs do not tell who asked. A name that ends in
 * `*` stands for all names with that beginning.
 */
const INFRASTRUCTURE = `
  nestjs-hyper-metrics reflect-metadata tslib core-js regenerator-runtime zone.js source-map-support
  @swc/* @swc-node/* @babel/* tsx ts-node ts-node-dev

  typeorm typeorm-*
  pg pg-pool pg-cursor pg-query-stream pg-native pg-protocol @neondatabase/serverless @vercel/postgres
  mysql mysql2 mariadb better-sqlite3 sqlite3 sql.js mssql tedious msnodesqlv8 oracledb hdb hdb-pool @sap/hana-client
  @google-cloud/spanner google-gax @grpc/grpc-js mongodb expo-sqlite react-native react-native-sqlite-storage
  react-native-quick-sqlite @capacitor-community/sqlite nativescript-sqlite
  tarn generic-pool ioredis redis @redis/*

  @nestjs/* nestjs-cls @nestjs-cls/* rxjs
  graphql graphql-* @graphql-* @apollo/* apollo-server* @as-integrations/* mercurius @envelop/* type-graphql dataloader
  @whatwg-node/*
  express express-session express-rate-limit express-async-errors router connect body-parser raw-body finalhandler
  serve-static send on-finished path-to-regexp cookie-parser cookie-session passport passport-* cors helmet compression
  morgan multer fastify fastify-plugin @fastify/* middie avvio find-my-way light-my-request reusify fastq koa koa-compose
  koa-router @koa/* ws socket.io engine.io

  async async-mutex async-retry async-listener async-hook-jl bluebird q co es6-promise queue-microtask promise-retry
  p-all p-event p-limit p-map p-props p-queue p-reduce p-retry p-series p-timeout @supercharge/promise-pool
  cls-hooked cls-rtracer continuation-local-storage emitter-listener lodash lodash.* lodash-es underscore ramda
  @opentelemetry/* @sentry/* dd-trace dc-polyfill elastic-apm-node newrelic @newrelic/* applicationinsights shimmer
  diagnostic-channel diagnostic-channel-publishers import-in-the-middle require-in-the-middle
  vitest @vitest/* vite-node jest-* @jest/* mocha tinypool
`
  .trim()
  .split(/\s+/);

const NAMES: ReadonlySet<string> = new Set(INFRASTRUCTURE.filter((name) => !name.endsWith('*')));
const BEGINNINGS: readonly string[] = INFRASTRUCTURE.filter((name) => name.endsWith('*')).map((name) =>
  name.slice(0, name.indexOf('*')),
);

/** The last one: packages are in one another, and package managers link them out of folders of their own. */
const PACKAGE = /^(?:.*[\\/])?node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/s;

/** The name of the package that a file belongs to; `undefined` outside of `node_modules`. */
export function packageOf(path: string): string | undefined {
  return PACKAGE.exec(path)?.[1]?.replace('\\', '/');
}

/** Whether a package only carries what other code asks for; so do folders of tools, such as `node_modules/.vite`. */
export function isInfrastructure(name: string): boolean {
  return (
    name.startsWith('.') || NAMES.has(name) || BEGINNINGS.some((beginning) => name.startsWith(beginning))
  );
}
