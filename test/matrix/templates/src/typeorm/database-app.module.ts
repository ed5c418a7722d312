import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AppModule } from '../app.module.js';
import { Author } from './author.entity.js';
import { AuthorsController } from './authors.controller.js';

@Module({
  imports: [
    AppModule,
    TypeOrmModule.forRootAsync({
      useFactory: () => ({
        type: 'postgres',
        url: process.env['DATABASE_URL'] ?? '',
        entities: [Author],
        synchronize: true,
        dropSchema: true,
        retryAttempts: 1,
      }),
    }),
    TypeOrmModule.forFeature([Author]),
  ],
  controllers: [AuthorsController],
})
export class DatabaseAppModule {}
