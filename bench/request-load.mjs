// The load generator of request-overhead.mjs: requests over open sockets, with as little work for each as possible.
import { once } from 'node:events';
import { connect } from 'node:net';

const CONNECTIONS = 20;
const REQUEST = 'GET /books/7 HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n';
const EXPECTED_START = 'HTTP/1.1 200';
const CLOSING_BRACE = '}'.charCodeAt(0);

/** Keep-alive connections to one application, and the requests that are sent over them. */
export class RequestLoad {
  sockets = [];

  async open(port) {
    this.sockets = Array.from({ length: CONNECTIONS }, () =>
      connect({ host: '127.0.0.1', port, noDelay: true }),
    );
    await Promise.all(this.sockets.map((socket) => once(socket, 'connect')));
  }

  /** Sends requests for `sliceMs`, each connection one at a time, and resolves to the number of their responses. */
  async run(sliceMs) {
    const until = performance.now() + sliceMs;
    const counts = await Promise.all(this.sockets.map((socket) => sendUntil(socket, until)));
    return counts.reduce((sum, count) => sum + count);
  }

  close() {
    for (const socket of this.sockets) socket.destroy();
  }
}

function sendUntil(socket, until) {
  return new Promise((resolve, reject) => {
    let responses = 0;
    let isStart = true;
    const settle = (error) => {
      socket.off('data', onData).off('error', settle).off('close', onClose);
      if (error) reject(error);
      else resolve(responses);
    };
    const onClose = () => settle(new Error('The application closed a connection.'));
    const onData = (chunk) => {
      if (isStart && chunk.latin1Slice(0, EXPECTED_START.length) !== EXPECTED_START) {
        settle(new Error(`Unexpected response: ${chunk.toString()}`));
        return;
      }
      // The body is an object of JSON without nested ones.
      isStart = chunk.at(-1) === CLOSING_BRACE;
      if (!isStart) return;
      responses += 1;
      if (performance.now() < until) socket.write(REQUEST);
      else settle();
    };
    socket.on('data', onData).on('error', settle).on('close', onClose);
    socket.write(REQUEST);
  });
}
