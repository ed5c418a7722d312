import { register } from 'prom-client';

/** Unit tests share a process, and so prom-client's default registry: each file begins with an empty one. */
register.clear();
