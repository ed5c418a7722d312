import { createRandom, integerBetween, pick, type Random } from '../common/random.js';
import {
  COUNTRIES,
  FAMILY_NAMES,
  GIVEN_NAMES,
  OPINIONS,
  TITLE_OPENINGS,
  TITLE_PLACES,
  TITLE_SUBJECTS,
} from './words.js';

export const SEED_AUTHORS = 200;
export const SEED_BOOKS = 2_000;
export const SEED_REVIEWS = 4_000;
export const SEED_ORDERS = 500;
const SEED = 20_261;

export interface AuthorSeed {
  readonly name: string;
  readonly country: string;
}

/** `authorIndex` and `bookIndex` count from 0 in the generated lists; ids are the database's to give. */
export interface BookSeed {
  readonly authorIndex: number;
  readonly title: string;
  readonly priceCents: number;
  readonly publishedYear: number;
  readonly stock: number;
}

export interface ReviewSeed {
  readonly bookIndex: number;
  readonly stars: number;
  readonly text: string;
}

export interface OrderSeed {
  readonly bookIndex: number;
  readonly quantity: number;
  readonly priceCents: number;
}

export interface BookshopSeed {
  readonly authors: readonly AuthorSeed[];
  readonly books: readonly BookSeed[];
  readonly reviews: readonly ReviewSeed[];
  readonly orders: readonly OrderSeed[];
}

/** The same bookshop at every call and on every machine. */
export function generateBookshop(): BookshopSeed {
  const random = createRandom(SEED);
  return {
    authors: repeat(SEED_AUTHORS, () => generateAuthor(random)),
    books: repeat(SEED_BOOKS, () => generateBook(random)),
    reviews: repeat(SEED_REVIEWS, () => generateReview(random)),
    orders: repeat(SEED_ORDERS, () => generateOrder(random)),
  };
}

function generateAuthor(random: Random): AuthorSeed {
  return {
    name: `${pick(random, GIVEN_NAMES)} ${pick(random, FAMILY_NAMES)}`,
    country: pick(random, COUNTRIES),
  };
}

function generateBook(random: Random): BookSeed {
  return {
    authorIndex: integerBetween(random, 0, SEED_AUTHORS - 1),
    title: `${pick(random, TITLE_OPENINGS)} ${pick(random, TITLE_SUBJECTS)} in ${pick(random, TITLE_PLACES)}`,
    priceCents: generatePrice(random),
    publishedYear: integerBetween(random, 1890, 2025),
    stock: integerBetween(random, 200, 1_000),
  };
}

function generateReview(random: Random): ReviewSeed {
  return {
    bookIndex: integerBetween(random, 0, SEED_BOOKS - 1),
    stars: integerBetween(random, 1, 5),
    text: pick(random, OPINIONS),
  };
}

function generateOrder(random: Random): OrderSeed {
  return {
    bookIndex: integerBetween(random, 0, SEED_BOOKS - 1),
    quantity: integerBetween(random, 1, 3),
    priceCents: generatePrice(random),
  };
}

function generatePrice(random: Random): number {
  return integerBetween(random, 5, 60) * 100 - 5;
}

function repeat<Item>(count: number, generate: () => Item): Item[] {
  return Array.from({ length: count }, generate);
}
