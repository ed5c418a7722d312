import { BadRequestException } from '@nestjs/common';

/** A JSON body as its fields. */
export function readFields(body: unknown): ReadonlyMap<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequestException('The body must be a JSON object.');
  }
  return new Map<string, unknown>(Object.entries(body));
}

export function readInteger(name: string, value: unknown, lowest: number, highest: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < lowest || value > highest) {
    throw new BadRequestException(`"${name}" must be a whole number from ${lowest} to ${highest}.`);
  }
  return value;
}
