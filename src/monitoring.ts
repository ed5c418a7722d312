export {
  describeApplication,
  type MonitoredApplication,
  UnknownExpositionError,
} from './monitoring/application.js';
export {
  type GrafanaDashboard,
  grafanaDashboard,
  type GrafanaPanel,
} from './monitoring/dashboard/grafana-dashboard.js';
export type { GridPosition } from './monitoring/dashboard/layout.js';
export {
  type PrometheusRule,
  type PrometheusRules,
  prometheusRules,
} from './monitoring/rules/prometheus-rules.js';
export { scrapeConfig, type ScrapeTarget } from './monitoring/scrape-config.js';
export { toYaml, type YamlValue } from './monitoring/yaml.js';
