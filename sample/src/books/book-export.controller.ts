import { Readable } from 'node:stream';
import { Controller, Get, StreamableFile } from '@nestjs/common';
import { Timed } from 'nestjs-hyper-metrics';
import { BooksService } from './books.service.js';

@Controller('books.csv')
export class BookExportController {
  constructor(private readonly books: BooksService) {}

  /** All books as a file that is sent while it is read; timed until its last byte was read, or the client left. */
  @Timed()
  @Get()
  download(): StreamableFile {
    const lines = Readable.from(this.lines());
    return new StreamableFile(lines, { type: 'text/csv', disposition: 'attachment; filename="books.csv"' });
  }

  private async *lines(): AsyncGenerator<string> {
    yield 'id,title,author_id,price_cents\n';
    for await (const books of this.books.inBatches()) {
      yield books
        .map((book) => `${book.id},${quote(book.title)},${book.authorId},${book.priceCents}\n`)
        .join('');
    }
  }
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
