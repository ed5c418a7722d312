import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Book } from '../books/book.entity.js';

@Entity({ name: 'review' })
export class Review {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Index()
  @Column({ name: 'book_id', type: 'integer' })
  bookId!: number;

  @ManyToOne(() => Book, { nullable: false, onDelete: 'CASCADE' })
  @JoinColumn({ name: 'book_id' })
  book?: Book;

  @Column({ type: 'smallint' })
  stars!: number;

  @Column({ type: 'text' })
  text!: string;
}
