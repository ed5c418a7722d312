import type { ExpositionFormat } from './exposition-format.js';
import { escapeText } from './format-text.js';
import { textPieces } from './sample-lines.js';

/**
 * The Prometheus text format 0.0.4.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export const textFormat: ExpositionFormat<string> = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  encode: (families) =>
    textPieces(families, ({ descriptor: { name, help, type } }) => ({
      header: `# HELP ${name} ${escapeText(help)}\n# TYPE ${name} ${type}`,
    })),
};
