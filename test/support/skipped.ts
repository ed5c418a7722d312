/**
 * Returns whether tests are skipped, and prints the reason.
 *
 * @param tests - what is not tested
 * @param missing - what the tests need and this machine lacks
 * @throws Error in CI, where nothing may be missing
 */
export function isSkipped(tests: string, missing: string | undefined): boolean {
  if (missing === undefined) {
    return false;
  }
  if (process.env['CI'] !== undefined) {
    throw new Error(`CI must not skip ${tests}: ${missing}.`);
  }
  console.warn(`Skipped: ${tests}: ${missing}.`);
  return true;
}
