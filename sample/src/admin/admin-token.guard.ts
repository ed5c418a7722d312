import type { IncomingMessage } from 'node:http';
import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';

export const ADMIN_TOKEN_HEADER = 'x-admin-token';
/** No secret: it is here to show that requests which a guard turns away are counted. */
export const ADMIN_TOKEN = 'bookshop';

@Injectable()
export class AdminTokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<Pick<IncomingMessage, 'headers'>>();
    return headers[ADMIN_TOKEN_HEADER] === ADMIN_TOKEN;
  }
}
