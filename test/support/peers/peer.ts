import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { DynamicModule, INestApplication, NestApplicationOptions, Provider } from '@nestjs/common';
import { runCommand } from '../consumer-process.js';
import type { Platform } from '../platforms.js';

const PEERS = fileURLToPath(new URL('../../../bench/peers/', import.meta.url));
const INSTALL_TIMEOUT_MS = 240_000;

/** Requires one of the packages that `bench/peers/package.json` names. */
export type RequirePeer = (name: string) => unknown;

/** A request after those of a case: no other one has its status. */
export const SENTINEL = { path: '/api/sentinel', status: 299 } as const;

/** What a peer counted of the requests of one case. */
export interface Counted {
  /** Of a response; another word, or none, where the peer has one. */
  readonly status: string;
  readonly route: string;
  readonly requests: number;
}

/** A package in an application without another one that observes it. */
export interface PeerUnderTest {
  readonly imports?: DynamicModule[];
  readonly providers?: Provider[];
  readonly options?: NestApplicationOptions;
  /** Runs before anything else of the application is configured, as the peer's documentation has it. */
  configure?(app: INestApplication): void | Promise<void>;
  /** Called before the requests of a case, and after their last one has ended. */
  begin(name: string): Promise<void>;
  end(name: string, sendSentinel: () => Promise<void>): Promise<void>;
  /** By the case's name. */
  counted(sendSentinel: () => Promise<void>): Promise<ReadonlyMap<string, readonly Counted[]>>;
  /** Names of the families it exports to Prometheus. */
  families(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A column of the comparison in README. */
export interface Peer {
  readonly name: string;
  readonly platforms: readonly Platform[];
  start(require: RequirePeer): Promise<PeerUnderTest>;
}

/** Installs the versions of the lockfile, as `npm run bench:prepare` does. */
export async function installPeers(): Promise<RequirePeer> {
  const { exitCode, stderr } = await runCommand(
    'npm',
    ['ci', '--prefix', PEERS, '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'],
    { directory: PEERS, timeoutMs: INSTALL_TIMEOUT_MS },
  );
  if (exitCode !== 0) throw new Error(`The peers cannot be installed:\n${stderr}`);
  return createRequire(`${PEERS}package.json`);
}
