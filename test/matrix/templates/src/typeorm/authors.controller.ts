import { Controller, Get, Param, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Author } from './author.entity.js';

const REPETITIONS = 7;

@Controller('authors')
export class AuthorsController {
  constructor(@InjectRepository(Author) private readonly authors: Repository<Author>) {}

  @Get()
  list(): Promise<Author[]> {
    return this.authors.find({ order: { id: 'ASC' } });
  }

  /** N+1 queries, on purpose. */
  @Get('one-by-one')
  async oneByOne(): Promise<{ found: number }> {
    let found = 0;
    for (let id = 1; id <= REPETITIONS; id++) {
      if ((await this.authors.findOneBy({ id })) !== null) found++;
    }
    return { found };
  }

  @Post(':name')
  async add(@Param('name') name: string): Promise<Author> {
    return this.authors.save(this.authors.create({ name }));
  }
}
