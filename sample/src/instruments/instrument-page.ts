/** Cause and effect. The numbers rise with each visit, whoever makes it. */
export interface InstrumentPage {
  /** What each call came to, by how it was made. */
  readonly called: Readonly<Record<string, unknown>>;
  /** The lines of a scrape after these calls. */
  readonly scraped: readonly string[];
}
