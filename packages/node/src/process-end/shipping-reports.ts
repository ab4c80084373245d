import type { LostItems } from './lost-items.ts';

/** What the program that ships reports: the fate of items that it has read. */
export type ShippingReport =
  | { readonly kind: 'delivered'; readonly items: number }
  | ({ readonly kind: 'lost' } & LostItems)
  /** The last one: the program has reported on every request that it has read. */
  | { readonly kind: 'over' };

/** The program prints one line for each report, after its greeting. */
export function reportLine(report: ShippingReport): string {
  return `${JSON.stringify(report)}\n`;
}

/** @returns `undefined` if the line is not a report */
export function readReport(line: string): ShippingReport | undefined {
  try {
    const report = JSON.parse(line) as ShippingReport;
    return report.kind === 'over' || (Number.isSafeInteger(report.items) && report.items >= 0) ? report : undefined;
  } catch {
    return undefined;
  }
}
