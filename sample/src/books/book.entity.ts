import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
} from 'typeorm';
import { Author } from '../authors/author.entity.js';

@Entity({ name: 'book' })
export class Book {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'text' })
  title!: string;

  @Index()
  @Column({ name: 'author_id', type: 'integer' })
  authorId!: number;

  @ManyToOne(() => Author, { nullable: false })
  @JoinColumn({ name: 'author_id' })
  author?: Author;

  @Column({ name: 'price_cents', type: 'integer' })
  priceCents!: number;

  @Column({ name: 'published_year', type: 'smallint' })
  publishedYear!: number;

  /** Copies that can be ordered. */
  @Column({ type: 'integer', default: 0 })
  stock!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamp with time zone' })
  createdAt!: Date;
}
