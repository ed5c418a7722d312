import { lstat, open, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Message, toEnvelope } from '../messages.js';
import { deliver, type Link, type LinkListener } from './link.js';

/** A takeover takes milliseconds: a process that holds the lock for longer was killed. */
const LEFT_LOCK_MS = 10_000;
/** The largest message. No process has as many metrics. */
const MAX_MESSAGE_CHARACTERS = 256 * 1024 * 1024;

/** A link between unrelated processes of one machine. Messages are lines of JSON. */
class SocketLink implements Link {
  private listener: LinkListener | undefined;

  constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    // The event `close` follows.
    socket.on('error', () => {});
    socket.once('close', () => this.listener?.closed());
    this.readLines();
  }

  listen(listener: LinkListener): void {
    this.listener = listener;
  }

  rest(): void {}

  private readLines(): void {
    let pieces: string[] = [];
    let characters = 0;
    this.socket.on('data', (data: string) => {
      const lines = data.split('\n');
      const rest = lines.pop() as string;
      for (const line of lines) {
        deliver(parse([...pieces, line].join('')), this.listener);
        pieces = [];
        characters = 0;
      }
      pieces.push(rest);
      characters += rest.length;
      if (characters > MAX_MESSAGE_CHARACTERS) {
        this.socket.destroy();
      }
    });
  }

  send(message: Message): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(`${JSON.stringify(toEnvelope(message))}\n`, () => resolve());
    });
  }

  close(): void {
    this.listener = undefined;
    this.socket.destroy();
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** @throws when no process listens at the path. */
export function connectToSocket(path: string): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      // A link must not keep the process alive.
      socket.unref();
      resolve(new SocketLink(socket));
    });
  });
}

/**
 * Listens at a path for other processes. Returns a function that stops it.
 *
 * @throws when another process listens there, or the path cannot be used.
 */
export async function listenAtSocket(
  path: string,
  accept: (link: Link) => void,
): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    accept(new SocketLink(socket));
  });
  try {
    await listen(server, path);
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const isReplaced =
      isTaken &&
      (await replaceLeftOver(
        path,
        () => isLeftOver(path),
        () => listen(server, path),
      ));
    if (!isReplaced) {
      throw error;
    }
  }
  return async () => {
    sockets.forEach((socket) => socket.destroy());
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Whether the file is a socket at which no process listens. */
async function isLeftOver(path: string): Promise<boolean> {
  try {
    if (!(await lstat(path)).isSocket()) {
      return false;
    }
    const link = await connectToSocket(path);
    link.close();
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  }
}

/**
 * Replaces a file that a killed process has left. A lock file serializes this: of two processes that find the same file, the second
 * one would remove the file of the first one.
 *
 * @param mayReplace - whether the file may be removed
 * @returns false when another process replaces the file, or has replaced it
 */
async function replaceLeftOver(
  path: string,
  mayReplace: () => Promise<boolean>,
  replace: () => Promise<void>,
): Promise<boolean> {
  if (!(await mayReplace()) || !(await lock(`${path}.lock`))) {
    return false;
  }
  try {
    // Another process may have had the lock meanwhile and listen now.
    if (!(await mayReplace())) {
      return false;
    }
    await rm(path);
    await replace();
    return true;
  } finally {
    await rm(`${path}.lock`, { force: true });
  }
}

async function lock(path: string): Promise<boolean> {
  return (await create(path)) || ((await removeLeftLock(path)) && (await create(path)));
}

async function create(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

async function removeLeftLock(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs < LEFT_LOCK_MS) {
      return false;
    }
    await rm(path);
  } catch {
    // It does not exist any more.
  }
  return true;
}
