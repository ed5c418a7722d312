/** Place and size in Grafana's grid of 24 columns. */
export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface Size {
  readonly w: number;
  readonly h: number;
}

const COLUMNS = 24;

/** Places panels from left to right and from the top down, without gaps between lines. */
export class Layout {
  private x = 0;
  private lineHeight = 0;

  constructor(private y = 0) {}

  place({ w, h }: Size): GridPosition {
    if (this.x + w > COLUMNS) this.endLine();
    const position = { x: this.x, y: this.y, w, h };
    this.x += w;
    this.lineHeight = Math.max(this.lineHeight, h);
    return position;
  }

  /** @returns where the next line begins */
  endLine(): number {
    this.y += this.lineHeight;
    this.x = 0;
    this.lineHeight = 0;
    return this.y;
  }
}
