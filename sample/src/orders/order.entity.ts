import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
} from 'typeorm';
import { Book } from '../books/book.entity.js';

/** `order` alone is a word of SQL's. */
@Entity({ name: 'book_order' })
export class Order {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Index()
  @Column({ name: 'book_id', type: 'integer' })
  bookId!: number;

  @ManyToOne(() => Book, { nullable: false, onDelete: 'CASCADE' })
  @JoinColumn({ name: 'book_id' })
  book?: Book;

  @Column({ type: 'integer' })
  quantity!: number;

  /** Of one copy, when it was ordered. */
  @Column({ name: 'price_cents', type: 'integer' })
  priceCents!: number;

  @CreateDateColumn({ name: 'placed_at', type: 'timestamp with time zone' })
  placedAt!: Date;
}
