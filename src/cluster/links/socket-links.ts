import { lstat, open, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Message, toEnvelope } from '../messages.js';
import { deliver, type Link, type LinkListener } from './link.js';

/** Taking over takes milliseconds: whoever has held the lock for so long was killed meanwhile. */
const LEFT_LOCK_MS = 10_000;
/** Nobody has as many metrics; whoever sends more is not one of ours. */
const MAX_MESSAGE_CHARACTERS = 256 * 1024 * 1024;

/** Between processes that have nothing in common but a machine: messages as lines of JSON. */
class SocketLink implements Link {
  private listener: LinkListener | undefined;

  constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    // What it says, the end of the connection says as well.
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

/** @throws when nobody listens at the path. */
export function connectToSocket(path: string): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      // Nobody lives on for being asked.
      socket.unref();
      resolve(new SocketLink(socket));
    });
  });
}

/**
 * Listens at a path for other processes. Calling the result ends that.
 *
 * @throws when somebody listens there already, or the path cannot be used.
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

/** A socket, and no other file, that nobody listens at. */
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
 * Puts something new in the place of a file that whoever was killed has left. One at a time, by a lock beside it: of two that find the
 * same file, the second one would remove what the first one has put there.
 *
 * @param isLeftOver - whether the file is one that may be removed
 * @returns whether it was done; not when somebody else is doing it, or has done it
 */
async function replaceLeftOver(
  path: string,
  isLeftOver: () => Promise<boolean>,
  replace: () => Promise<void>,
): Promise<boolean> {
  if (!(await isLeftOver()) || !(await lock(`${path}.lock`))) {
    return false;
  }
  try {
    // Meanwhile another one may have had the lock, and be there.
    if (!(await isLeftOver())) {
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
    // It is gone already.
  }
  return true;
}
