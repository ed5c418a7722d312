import { Controller, Get } from '@nestjs/common';
import { ROUTE_LINKS } from './route-links.js';

@Controller()
export class HomeController {
  @Get()
  index(): typeof ROUTE_LINKS {
    return ROUTE_LINKS;
  }
}
