import type { Expression } from '../expression.js';

/** What the catalog does not say of a family, because an application does not need it at run time. */
export interface FamilyGuide {
  /** The unit in words. */
  readonly unit: string;
  /** A first query. */
  readonly query: Expression;
  /** Markdown: what a bad value means, and what to do. Families are written as in an {@link Expression}. */
  readonly remedy: string;
}

/** By the family's name in the catalog. */
export type Guide = Readonly<Record<string, FamilyGuide>>;
