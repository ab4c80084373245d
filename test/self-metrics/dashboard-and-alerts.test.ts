import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { prometheusName, selfMetrics } from '../../scripts/self-metric-reference.ts';

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

const fileOf = (name: string): string =>
  readFileSync(new URL(`../../examples/self-metrics/${name}`, import.meta.url), 'utf8');

const dashboard = JSON.parse(fileOf('dashboard.json')) as Dashboard;
const rules = (parse(fileOf('alerts.yaml')) as Rules).groups.flatMap((group) => group.rules);

const EXPRESSIONS: readonly (readonly [string, string])[] = [
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`the panel ${title}`, expr] as const)),
  ...rules.map(({ alert, expr }) => [`the alert ${alert}`, expr] as const),
];

/** Labels that Prometheus adds. */
const COMMON_LABELS = ['job', 'instance', 'le'];

/** The labels of each series by its name. */
const SERIES = new Map(
  selfMetrics().flatMap((instrument) => {
    const labels = [...instrument.attributes.map((name) => name.replaceAll('.', '_')), ...COMMON_LABELS];
    const name = prometheusName(instrument);
    const names = instrument.kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
    return names.map((each) => [each, labels] as const);
  }),
);

/** The nodes of an expression, in order. */
function nodesOf(expr: string): { readonly kind: string; readonly text: string }[] {
  const text = expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'shop');
  const nodes: { kind: string; text: string }[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, to }) =>
      void nodes.push({ kind: type.isError ? 'error' : type.name, text: text.slice(from, to) }),
  });
  return nodes;
}

describe('the dashboard and the alert rules', () => {
  it.each(EXPRESSIONS)('%s is valid PromQL about series that exist, by labels that they have', (_, expr) => {
    const nodes = nodesOf(expr);
    expect(nodes.filter(({ kind }) => kind === 'error')).toEqual([]);
    const series = nodes.filter(({ kind }) => kind === 'Identifier').map(({ text }) => text);
    expect(series.length).toBeGreaterThan(0);
    for (const name of series) expect([...SERIES.keys()]).toContain(name);
    const known = series.flatMap((name) => SERIES.get(name) ?? []);
    for (const { text } of nodes.filter(({ kind }) => kind === 'LabelName')) expect(known).toContain(text);
  });

  it('use every instrument but the processed items and the capacity of queues', () => {
    const used = EXPRESSIONS.flatMap(([, expr]) => nodesOf(expr).map(({ text }) => text));
    const unused = selfMetrics()
      .map(prometheusName)
      .filter((name) => !used.some((text) => text.startsWith(name)));
    expect(unused.toSorted()).toEqual([
      'otel_sdk_processor_log_processed_total',
      'otel_sdk_processor_log_queue_capacity',
      'otel_sdk_processor_span_processed_total',
      'otel_sdk_processor_span_queue_capacity',
    ]);
  });

  it('name what the alerts quote from labels', () => {
    const quoted = [...fileOf('alerts.yaml').matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    const labels = [...SERIES.values()].flat();
    expect(quoted.filter((label) => !labels.includes(label as string))).toEqual([]);
  });

  it('a mistake in an expression is noticed', () => {
    expect(nodesOf('sum by (job (spillway_item_offered_total)').map(({ kind }) => kind)).toContain('error');
  });
});
