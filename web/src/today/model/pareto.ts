/** What the revenue curve says: is it 20/80? Shares are 0–1. */
export interface Pareto {
  top20_customers: number;
  top20_share: number;
  top5_customers: number;
  top5_share: number;
  /** Share of customers (best first) against the share of revenue that they bring. */
  curve: [number, number][];
}

/** How near the base is to the 20/80 rule; the words of each are in the locale files. */
export type Verdict = 'steeper' | 'classic' | 'near' | 'flat';

/** 20 % that bring 85 % or more leave the rest nearly worthless; under 55 % there is no 20/80 to speak of. */
export function verdict(top20Share: number): Verdict {
  if (top20Share >= 0.85) return 'steeper';
  if (top20Share >= 0.75) return 'classic';
  if (top20Share >= 0.55) return 'near';
  return 'flat';
}

/** The share of revenue of the best `x` of the customers, read off the curve between its points. */
export function shareAt(curve: readonly [number, number][], x: number): number {
  let [beforeX, beforeY] = [0, 0];
  for (const [nextX, nextY] of curve) {
    if (nextX >= x) {
      const width = nextX - beforeX;
      return width === 0 ? nextY : beforeY + ((nextY - beforeY) * (x - beforeX)) / width;
    }
    [beforeX, beforeY] = [nextX, nextY];
  }
  return beforeY;
}

/** The rows of the table behind the picture: every tenth of the customers, and the best 5 %. */
export function steps(curve: readonly [number, number][]): { x: number; y: number }[] {
  return [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1].map((x) => ({ x, y: shareAt(curve, x) }));
}
