import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Author } from './author.entity.js';

@Injectable()
export class AuthorsService {
  constructor(@InjectRepository(Author) private readonly authors: Repository<Author>) {}

  async get(id: number): Promise<Author> {
    const author = await this.authors.findOneBy({ id });
    if (author === null) throw new NotFoundException(`There is no author with the id ${id}.`);
    return author;
  }

  exists(id: number): Promise<boolean> {
    return this.authors.existsBy({ id });
  }
}
