import type { LiveState, LiveTile, Value } from '../live-messages.js';
import { element, setAttribute, setText, svgElement } from './dom.js';
import { format, formatWhole } from './format.js';
import type { Series } from './series.js';

const WIDTH = 100;
const HEIGHT = 28;

/** The numbers at the top, each with a small line of its history. */
export class Tiles {
  private tiles: Tile[] = [];

  constructor(private readonly target: HTMLElement) {}

  layout(tiles: readonly LiveTile[]): void {
    this.tiles = tiles.map((tile) => new Tile(tile));
    this.target.replaceChildren(...this.tiles.map(({ root }) => root));
  }

  draw(state: LiveState, series: Series): void {
    this.tiles.forEach((tile) => tile.draw(state, series));
  }
}

class Tile {
  private readonly number = element('dd', { class: 'number' });
  private readonly total = element('dd', { class: 'total' });
  private readonly line = svgElement('path', { class: 'line' });
  private readonly area = svgElement('path', { class: 'area' });
  readonly root: HTMLElement;

  constructor(private readonly tile: LiveTile) {
    const spark = svgElement(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      this.area,
      this.line,
    );
    this.root = element('div', { class: 'tile' }, element('dt', {}, tile.title), this.number, this.total);
    this.root.append(element('dd', { class: 'spark', 'aria-hidden': 'true' }));
    this.root.lastElementChild?.append(spark);
  }

  draw({ values, totals }: LiveState, series: Series): void {
    const { column, unit, total } = this.tile;
    const value = values[column] ?? null;
    setText(this.number, format(value, unit));
    setText(this.total, total === undefined ? '' : `${formatWhole(totals[total])} since start`);
    this.root.toggleAttribute('data-alarm', total === 'errors' && value !== null && value > 0);
    const path = pathOf(series.seconds, series.column(column), series.period);
    setAttribute(this.line, 'd', path.line);
    setAttribute(this.area, 'd', path.area);
  }
}

/** Returns the path of the values, from 0 to their maximum; gaps interrupt it. */
function pathOf(
  times: readonly number[],
  values: readonly Value[],
  [from, to]: readonly [number, number],
): { readonly line: string; readonly area: string } {
  const max = Math.max(...values.map((value) => value ?? 0), Number.MIN_VALUE);
  let line = '';
  let area = '';
  let startX: string | undefined;
  let endX = '';
  const closeArea = (): void => {
    if (startX !== undefined) {
      area += `L${endX} ${HEIGHT}L${startX} ${HEIGHT}Z`;
      startX = undefined;
    }
  };
  times.forEach((time, index) => {
    const value = values[index] ?? null;
    if (value === null) {
      closeArea();
      return;
    }
    const x = (((time - from) / (to - from)) * WIDTH).toFixed(2);
    const y = (HEIGHT - 1 - (value / max) * (HEIGHT - 3)).toFixed(2);
    const step = `${startX === undefined ? 'M' : 'L'}${x} ${y}`;
    line += step;
    area += step;
    startX ??= x;
    endX = x;
  });
  closeArea();
  return { line, area };
}
