import { Body, Controller, Get, Module, Param, Post, Query, type Type } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiQuery,
  ApiTags,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as library from '../../src/index.js';
import { createApplication, type Platform, PLATFORMS } from '../support/platforms.js';

type AnyDecorator = MethodDecorator & ClassDecorator;
type Decorators = Readonly<Record<'Timed' | 'Counted' | 'InFlight', () => AnyDecorator>>;

function always(decorator: AnyDecorator): Decorators {
  return { Timed: () => decorator, Counted: () => decorator, InFlight: () => decorator };
}

const BARE = always(() => {});
/** What becomes of a document when a decorator does nothing for it. */
const CARELESS = always((target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
  if (key === undefined || descriptor === undefined) return;
  const original = descriptor.value as (...args: unknown[]) => unknown;
  descriptor.value = function (...args: unknown[]) {
    return original.apply(this, args);
  };
});

const BOOKSHOP_OPERATIONS = [
  'get /',
  'get /admin/stats',
  'get /authors/{authorId}/books',
  'get /books',
  'get /books.csv',
  'get /books/{bookId}/reviews',
  'get /books/{id}',
  'get /database',
  'get /database/burst',
  'get /database/failing-query',
  'get /database/held',
  'get /database/leak',
  'get /database/queries-per-request',
  'get /database/query-runner',
  'get /database/slow-query',
  'get /database/statements',
  'get /database/stream',
  'get /database/transaction',
  'get /events',
  'get /faults/error',
  'get /health',
  'get /instruments/counted',
  'get /instruments/in-flight',
  'get /instruments/inject-metric',
  'get /instruments/timed',
  'get /monitoring/dashboard.json',
  'get /monitoring/rules.yml',
  'get /orders/{id}',
  'get /orders/{id}/delivery',
  'get /reports/sales',
  'get /reviews',
  'get /reviews/n-plus-one',
  'post /books',
  'post /orders',
  'post /reports/nightly-sales',
  'put /books/{id}/cover',
];

/** Nothing is instantiated for a preview: it needs no database. */
async function documentOf(platform: Platform, module: Type): Promise<OpenAPIObject> {
  const app = await createApplication(platform, module, { preview: true });
  return SwaggerModule.createDocument(app, new DocumentBuilder().setTitle('Bookshop').build());
}

function operationsOf({ paths }: OpenAPIObject): string[] {
  return Object.entries(paths)
    .flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method} ${path}`))
    .toSorted();
}

/** The sample, loaded anew, with its own uses of the decorators being these. */
async function importBookshop(decorators: Decorators): Promise<Type> {
  vi.resetModules();
  vi.doMock('nestjs-hyper-metrics', () => ({ ...library, ...decorators }));
  const { AppModule } = await import('../../sample/src/app.module.js');
  return AppModule;
}

function controllersOf(module: Type): Type[] {
  const imports = Reflect.getMetadata('imports', module) as object[];
  return imports.flatMap((imported) => (Reflect.getMetadata('controllers', imported) as Type[]) ?? []);
}

function methodsOf({ prototype }: Type): unknown[] {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(prototype as object);
  return Object.values(methods).map(({ value }) => value as unknown);
}

class Parcel {
  @ApiProperty({ minimum: 1 })
  id!: number;

  @ApiProperty({ required: false })
  note?: string;
}

/** Documented by hand, with the decorators above, between and below the documentation. */
function createParcels({ Timed, Counted, InFlight }: Decorators): Type {
  @Counted()
  @ApiTags('parcels')
  @ApiBearerAuth()
  @Timed()
  @Controller('parcels')
  @InFlight()
  class ParcelsController {
    @Timed()
    @ApiOperation({ summary: 'Lists parcels' })
    @ApiQuery({ name: 'weight', type: Number, required: false })
    @Counted()
    @ApiOkResponse({ type: [Parcel], description: 'The parcels' })
    @Get()
    @InFlight()
    list(@Query('weight') _weight?: number): Parcel[] {
      return [];
    }

    @ApiOperation({ summary: 'Sends a parcel', deprecated: true })
    @InFlight()
    @Post(':customer')
    @Timed()
    @ApiCreatedResponse({ type: Parcel })
    async send(@Param('customer') _customer: string, @Body() parcel: Parcel): Promise<Parcel> {
      return parcel;
    }

    @Get('lost')
    lost(@Query('since') _since: Date): Parcel[] {
      return [];
    }
  }

  @Module({ controllers: [ParcelsController] })
  class ParcelsModule {}

  return ParcelsModule;
}

describe.each(PLATFORMS)('the OpenAPI document on %s', (platform) => {
  afterEach(() => {
    vi.doUnmock('nestjs-hyper-metrics');
    vi.resetModules();
  });

  it('is the same for the sample with every controller decorated and with none', async () => {
    const bare = await documentOf(platform, await importBookshop(BARE));
    expect(operationsOf(bare)).toEqual(BOOKSHOP_OPERATIONS);
    expect(bare.paths).toHaveProperty(['/books/{id}', 'get', 'parameters', '0', 'name'], 'id');

    const bookshop = await importBookshop(library);
    const asItIs = await documentOf(platform, bookshop);
    const controllers = controllersOf(bookshop);
    const methods = controllers.map(methodsOf);
    for (const controller of controllers) {
      for (const decorate of [library.Timed(), library.Counted(), library.InFlight()]) decorate(controller);
    }
    const decorated = await documentOf(platform, bookshop);

    expect(methods.flat().length).toBeGreaterThanOrEqual(BOOKSHOP_OPERATIONS.length);
    const wrapped = new Set(controllers.flatMap(methodsOf));
    expect(methods.flat().filter((method) => wrapped.has(method))).toEqual([]);
    expect(asItIs).toStrictEqual(bare);
    expect(decorated).toStrictEqual(bare);
  });

  it('is the same with the decorators among those of the documentation', async () => {
    const bare = await documentOf(platform, createParcels(BARE));
    expect(operationsOf(bare)).toEqual(['get /parcels', 'get /parcels/lost', 'post /parcels/{customer}']);
    expect(bare.paths['/parcels']?.get).toEqual({
      operationId: 'ParcelsController_list',
      summary: 'Lists parcels',
      tags: ['parcels'],
      security: [{ bearer: [] }],
      parameters: [{ name: 'weight', in: 'query', required: false, schema: { type: 'number' } }],
      responses: {
        '200': {
          description: 'The parcels',
          content: {
            'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Parcel' } } },
          },
        },
      },
    });

    expect(await documentOf(platform, createParcels(library))).toStrictEqual(bare);
    expect(await documentOf(platform, createParcels(CARELESS))).not.toEqual(bare);
  });
});
