import { Controller, Get, Param, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Author } from './author.entity.js';

@Controller('authors')
export class AuthorsController {
  constructor(@InjectRepository(Author) private readonly authors: Repository<Author>) {}

  @Get()
  list(): Promise<Author[]> {
    return this.authors.find({ order: { id: 'ASC' } });
  }

  @Post(':name')
  async add(@Param('name') name: string): Promise<Author> {
    return this.authors.save(this.authors.create({ name }));
  }
}
