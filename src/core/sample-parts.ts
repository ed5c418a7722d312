/** What the samples of a histogram or summary have at the end of their names, besides the family's. */
export const PART_SUFFIXES = ['_bucket', '_sum', '_count'] as const;

/** Whether the samples of a family of this type have other names than the family. */
export function hasParts(type: unknown): boolean {
  return type === 'histogram' || type === 'summary';
}
