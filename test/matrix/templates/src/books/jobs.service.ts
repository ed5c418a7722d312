import { Injectable } from '@nestjs/common';
import { Timeout } from '@nestjs/schedule';

@Injectable()
export class JobsService {
  @Timeout('once', 0)
  async run(): Promise<void> {
    await Promise.resolve();
  }
}
