import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';

export const ADMIN_TOKEN_HEADER = 'x-admin-token';
/** No secret: it is here to show that requests which a guard turns away are counted. */
export const ADMIN_TOKEN = 'bookshop';

@Injectable()
export class AdminTokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<Request>().headers[ADMIN_TOKEN_HEADER] === ADMIN_TOKEN;
  }
}
