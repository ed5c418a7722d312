import type { ExpositionFormat } from './exposition-format.js';
import { escapeText } from './format-text.js';
import { writeSamples } from './sample-lines.js';

/**
 * The Prometheus text format 0.0.4.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export const textFormat: ExpositionFormat = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  *encode(families, output) {
    for (const family of families) {
      const { name, help, type } = family.descriptor;
      output.text(`# HELP ${name} ${escapeText(help)}\n# TYPE ${name} ${type}\n`);
      yield* writeSamples(family, output);
      yield;
    }
  },
};
