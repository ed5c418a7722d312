import { findFreePort, isPortFree } from '../common/free-port.js';
import { parseInteger } from '../common/parse-integer.js';
import { type Platform, PLATFORMS } from './platform.js';

const DEFAULT_PORT = 3000;
const LARGEST_PORT = 65_535;

export interface Settings {
  /** Undefined: start an embedded server. */
  readonly databaseUrl: string | undefined;
  /** Undefined: the default port, or any other when it is taken. */
  readonly port: number | undefined;
  readonly platform: Platform;
  readonly traffic: boolean;
}

/** @throws when a variable has a value that is not allowed */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  return {
    databaseUrl: environment['DATABASE_URL'] === '' ? undefined : environment['DATABASE_URL'],
    port: readPort(environment['PORT'] ?? ''),
    platform: readPlatform(environment['PLATFORM'] ?? ''),
    traffic: readTraffic(environment['TRAFFIC'] ?? ''),
  };
}

export async function choosePort(settings: Settings): Promise<number> {
  if (settings.port !== undefined) return settings.port;
  if (await isPortFree(DEFAULT_PORT)) return DEFAULT_PORT;
  const port = await findFreePort();
  console.log(`Port ${DEFAULT_PORT} is taken, so this is port ${port}. Set PORT to choose one.`);
  return port;
}

function readPort(text: string): number | undefined {
  if (text === '') return undefined;
  const port = parseInteger(text);
  if (port === undefined || port > LARGEST_PORT) {
    throw new Error(
      `PORT is "${text}"; allowed is a whole number from 0 (any free port) to ${LARGEST_PORT}.`,
    );
  }
  return port;
}

function readPlatform(text: string): Platform {
  const platform = PLATFORMS.find((name) => name === (text === '' ? 'express' : text));
  if (platform === undefined) {
    throw new Error(`PLATFORM is "${text}"; allowed are "${PLATFORMS.join('" and "')}".`);
  }
  return platform;
}

function readTraffic(text: string): boolean {
  if (text !== '' && text !== 'on' && text !== 'off') {
    throw new Error(`TRAFFIC is "${text}"; allowed are "on" and "off".`);
  }
  return text !== 'off';
}
