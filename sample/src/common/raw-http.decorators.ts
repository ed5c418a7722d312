import type { IncomingMessage, ServerResponse } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** Express hands Node's own objects out; Fastify's are wrappers with the same under `raw`. */
type MaybeWrapped<Raw> = Raw & { readonly raw?: Raw };

/** Node's request, on either platform: a readable stream of the body, when nobody has parsed it. */
export const RawRequest = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<MaybeWrapped<IncomingMessage>>();
  return request.raw ?? request;
});

/** Node's response, on either platform. */
export const RawResponse = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const response = context.switchToHttp().getResponse<MaybeWrapped<ServerResponse>>();
  return response.raw ?? response;
});
