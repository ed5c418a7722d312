import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Another service, which takes its time, and fails if it is told to. It does not keep the shop's process alive. */
export async function startBank() {
  const bank = createServer((request, response) => void answer(request, response));
  bank.listen(0, '127.0.0.1').unref();
  await once(bank, 'listening');
  return `http://127.0.0.1:${bank.address().port}`;
}

async function answer(request, response) {
  const { waitMs = 0, fails = false } = JSON.parse(await textOf(request));
  await delay(waitMs);
  response.writeHead(fails ? 503 : 201).end();
}

async function textOf(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
