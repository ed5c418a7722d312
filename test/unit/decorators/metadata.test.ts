import 'reflect-metadata';
import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  type INestApplication,
  Module,
  Param,
  ParseIntPipe,
  Post,
  Res,
  SetMetadata,
  UsePipes,
} from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Counted, InFlight, Timed } from '../../../src/index.js';
import { callsByOutcome, forgetRecords } from '../../support/method-records.js';

afterEach(forgetRecords);

const Roles = Reflector.createDecorator<string[]>();
const onMethod = Symbol('on the method');

/** As Swagger and GraphQL keep theirs: on the function, and on the prototype with the key. */
const Documented =
  (text: string): MethodDecorator =>
  (target, key, descriptor) => {
    Reflect.defineMetadata(onMethod, { text }, descriptor.value as object);
    Reflect.defineMetadata('documented', text, target, key);
  };

class Input {
  text = '';
}

@Controller('above')
class Above {
  @Timed()
  @Counted()
  @InFlight()
  @Get(':id')
  @Header('x-work', 'done')
  @HttpCode(203)
  @Roles(['admin'])
  @SetMetadata('mark', 'above')
  @Documented('above')
  get(@Param('id', ParseIntPipe) id: number, @Res({ passthrough: true }) response: object): object {
    return { id, sent: (response as { headersSent: boolean }).headersSent };
  }

  @Timed()
  @Counted()
  @InFlight()
  @Post()
  @UsePipes(ParseIntPipe)
  post(@Body('text') body: number): Promise<number> {
    return Promise.resolve(body);
  }
}

@Controller('below')
class Below {
  @Get(':id')
  @Header('x-work', 'done')
  @HttpCode(203)
  @Roles(['admin'])
  @SetMetadata('mark', 'below')
  @Documented('below')
  @Timed()
  @Counted()
  @InFlight()
  get(@Param('id', ParseIntPipe) id: number, @Res({ passthrough: true }) response: object): object {
    return { id, sent: (response as { headersSent: boolean }).headersSent };
  }

  @Post()
  @UsePipes(ParseIntPipe)
  @Timed()
  @Counted()
  @InFlight()
  post(@Body('text') body: number): Promise<number> {
    return Promise.resolve(body);
  }
}

@Timed()
@Counted()
@InFlight()
@Controller('class')
class OnClass {
  @Get(':id')
  @Header('x-work', 'done')
  @HttpCode(203)
  @Roles(['admin'])
  @SetMetadata('mark', 'class')
  @Documented('class')
  get(@Param('id', ParseIntPipe) id: number, @Res({ passthrough: true }) response: object): object {
    return { id, sent: (response as { headersSent: boolean }).headersSent };
  }

  @Post()
  @UsePipes(ParseIntPipe)
  post(@Body('text') body: number): Promise<number> {
    return Promise.resolve(body);
  }
}

class Undecorated {
  @Documented('none')
  get(_input: Input, _id: number): string {
    return '';
  }
}

class Decorated {
  @Timed()
  @Documented('none')
  @Counted()
  get(_input: Input, _id: number): string {
    return '';
  }
}

describe('metadata', () => {
  it.each([
    ['above', Above],
    ['below', Below],
    ['class', OnClass],
  ])('of others is where they look for it: ours %s', (mark, target) => {
    const reflector = new Reflector();
    const { get } = target.prototype;
    expect(reflector.get('mark', get)).toBe(mark);
    expect(reflector.get(Roles, get)).toEqual(['admin']);
    expect(Reflect.getMetadata(onMethod, get)).toEqual({ text: mark });
    expect(Reflect.getMetadata('documented', target.prototype, 'get')).toBe(mark);
    expect(Reflect.getMetadata('path', get)).toBe(':id');
    expect(Reflect.getMetadata('design:paramtypes', target.prototype, 'get')).toEqual([Number, Object]);
    expect(Reflect.getMetadata('design:returntype', target.prototype, 'post')).toBe(Promise);
  });

  it('is the same, key by key, with and without decorators', () => {
    const all = ({ prototype }: typeof Undecorated | typeof Decorated): unknown => ({
      method: Reflect.getMetadataKeys(prototype.get),
      property: Reflect.getMetadataKeys(prototype, 'get').map((key) => [
        key,
        Reflect.getMetadata(key, prototype, 'get') as unknown,
      ]),
    });
    expect(all(Decorated)).toEqual(all(Undecorated));
    expect(Reflect.getMetadata('design:paramtypes', Decorated.prototype, 'get')).toEqual([Input, Number]);
  });

  it('that an upper decorator adds stays off the methods of other classes', () => {
    class Base {
      @Counted()
      work(): void {}
    }
    class Derived extends Base {
      @Counted()
      @SetMetadata('mark', 'derived')
      override work(): void {}
    }
    expect(Reflect.getMetadata('mark', Derived.prototype.work)).toBe('derived');
    expect(Reflect.getMetadata('mark', Base.prototype.work)).toBeUndefined();
  });
});

describe('a decorated controller', () => {
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    @Module({ controllers: [Above, Below, OnClass] })
    class ControllersModule {}
    app = await NestFactory.create(ControllersModule, { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterAll(() => app.close());

  it.each(['above', 'below', 'class'])('answers with its pipes and headers: ours %s', async (path) => {
    const response = await fetch(`${url}/${path}/5`);
    expect([response.status, response.headers.get('x-work'), await response.json()]).toEqual([
      203,
      'done',
      { id: 5, sent: false },
    ]);
    const refused = await fetch(`${url}/${path}/five`);
    expect(refused.status).toBe(400);
    const posted = await fetch(`${url}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"text":"7"}',
    });
    expect([posted.status, await posted.json()]).toEqual([201, 7]);
    expect(await callsByOutcome()).toEqual({ 'get success': 1, 'post success': 1 });
  });
});
