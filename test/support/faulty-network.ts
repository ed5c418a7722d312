import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { LOCAL_HOST } from '../../sample/src/common/free-port.js';

/** What the server of pg says when an administrator ends a connection. */
const FAREWELL = errorResponse('SFATAL', 'C57P01', 'Mterminating connection due to administrator command');

/** A way to a server that can become a black hole: it accepts connections and bytes, and nothing comes back. */
export class FaultyNetwork {
  private isBlackHole = false;
  private neverCloses = false;
  private endsAfterAnswer = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static async to(targetPort: number): Promise<FaultyNetwork> {
    const server = createServer({ allowHalfOpen: true });
    const network = new FaultyNetwork(server, targetPort);
    server.listen(0, LOCAL_HOST);
    await once(server, 'listening');
    return network;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that its clients have not closed. */
  get openConnections(): number {
    return [...this.sockets].filter(({ destroyed }) => !destroyed).length;
  }

  blackHole(): void {
    this.isBlackHole = true;
  }

  /** Its ends of connections stay open, whatever both sides do. */
  keepOpen(): void {
    this.neverCloses = true;
  }

  /** Sends a byte on every connection: one whose other end is closed breaks by it. */
  nudge(): void {
    this.sockets.forEach((socket) => socket.write('N'));
  }

  /** With the server's next answer comes, in the same packet, its farewell. */
  endAfterAnswer(): void {
    this.endsAfterAnswer = true;
  }

  /** Every connection breaks; those to come do not. */
  cutOff(): void {
    this.sockets.forEach((socket) => socket.resetAndDestroy());
  }

  /** For connections to come: what was lost stays lost. */
  heal(): void {
    this.isBlackHole = false;
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('end', () => void (this.neverCloses || socket.end()));
    if (this.isBlackHole) {
      socket.resume();
      return;
    }
    const onward = connect(this.targetPort, LOCAL_HOST);
    onward.on('error', () => socket.destroy());
    onward.on('data', (bytes) => void (this.isBlackHole || socket.write(this.withFarewell(bytes))));
    onward.on('close', () => void (this.isBlackHole || this.neverCloses || socket.destroy()));
    socket.on('data', (bytes) => void (this.isBlackHole || onward.write(bytes)));
    socket.on('end', () => onward.end());
    socket.on('close', () => onward.destroy());
  }

  private withFarewell(bytes: Buffer): Buffer {
    if (!this.endsAfterAnswer) {
      return bytes;
    }
    this.endsAfterAnswer = false;
    return Buffer.concat([bytes, FAREWELL]);
  }
}

/** A port on which connecting never ends: its process sleeps, and its queue is full. */
export class NeverAcceptingPort {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly fillers: readonly Socket[],
  ) {}

  static async open(): Promise<NeverAcceptingPort> {
    const script = `const s = require('net').createServer().listen(0, '${LOCAL_HOST}', 1, () => console.log(s.address().port))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGSTOP');
    const port = Number(String(line));
    const fillers = Array.from({ length: 4 }, () => connect(port, LOCAL_HOST).on('error', () => {}));
    await once(fillers[0] as Socket, 'connect');
    return new NeverAcceptingPort(port, child, fillers);
  }

  async close(): Promise<void> {
    this.fillers.forEach((socket) => socket.destroy());
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

function errorResponse(...fields: readonly string[]): Buffer {
  const body = Buffer.from(`${fields.join('\0')}\0\0`);
  const head = Buffer.from('E....');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
