/** Digits only: `Number()` alone would accept '', ' 1', '1e3' and '0x1f'. */
export function parseInteger(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
