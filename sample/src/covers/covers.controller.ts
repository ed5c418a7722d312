import type { IncomingMessage } from 'node:http';
import { BadRequestException, Controller, Param, Put, UnsupportedMediaTypeException } from '@nestjs/common';
import { Counted } from 'nestjs-hyper-metrics';
import { BooksService } from '../books/books.service.js';
import { IdPipe } from '../common/id.pipe.js';
import { RawRequest } from '../common/raw-http.decorators.js';

export interface Upload {
  readonly bytes: number;
}

/** An upload as a stream, never whole in memory. This shop counts the bytes of a cover and forgets them. */
@Controller('books/:id/cover')
export class CoversController {
  constructor(private readonly books: BooksService) {}

  /** Fails when the upload breaks off, too. */
  @Counted()
  @Put()
  async upload(@Param('id', IdPipe) id: number, @RawRequest() body: IncomingMessage): Promise<Upload> {
    if (!body.headers['content-type']?.startsWith('image/')) {
      throw new UnsupportedMediaTypeException('A cover is an image, such as image/png.');
    }
    await this.books.get(id);
    return { bytes: await countBytes(body) };
  }
}

async function countBytes(body: IncomingMessage): Promise<number> {
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) bytes += chunk.length;
  } catch (cause) {
    throw new BadRequestException('The upload broke off.', { cause });
  }
  return bytes;
}
