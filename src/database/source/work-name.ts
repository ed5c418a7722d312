import { printable } from '../sql/shown-statement.js';

/** Returns the name of a unit of work for messages: `GET /books/:id`, or the application's name for it. */
export function workName(route: string, method: string | undefined): string {
  return printable(method === undefined ? route : `${method} ${route}`);
}
