import { POOLS_ROW, QUERIES_ROW, SPENDING_ROW } from './database.panels.js';
import { OUTGOING_ROW } from './http-client.panels.js';
import { OVERVIEW_ROW, ROUTES_ROW } from './http.panels.js';
import { METHODS_ROW } from './methods.panels.js';
import type { PanelRow } from './panel.interface.js';
import { SCHEDULES_ROW } from './schedule.panels.js';
import { HEALTH_ROW, PROCESS_ROW, SCRAPES_ROW, STATEMENT_CACHE_ROW } from './server.panels.js';
import { SLO_ROW } from './slo.panels.js';

/** Every row of the dashboard, from the top down. */
export const DASHBOARD_ROWS: readonly PanelRow[] = [
  OVERVIEW_ROW,
  ROUTES_ROW,
  SLO_ROW,
  OUTGOING_ROW,
  POOLS_ROW,
  QUERIES_ROW,
  SPENDING_ROW,
  HEALTH_ROW,
  STATEMENT_CACHE_ROW,
  METHODS_ROW,
  SCHEDULES_ROW,
  PROCESS_ROW,
  SCRAPES_ROW,
];
