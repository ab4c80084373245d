import type { Section } from './section.ts';

/** A view of a file. */
export interface PlannedView {
  /** What both lines of the SDK take as it is. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly included: readonly string[] | undefined;
  readonly excluded: readonly string[] | undefined;
}

/** The part of the SDK's package that views need. */
export interface ViewsModule {
  createAllowListAttributesProcessor?(names: readonly string[]): unknown;
  createDenyListAttributesProcessor?(names: readonly string[]): unknown;
}

/** `AggregationType` of the SDKs. */
const AGGREGATION_TYPES: Readonly<Record<string, number>> = {
  default: 0,
  drop: 1,
  sum: 2,
  last_value: 3,
  explicit_bucket_histogram: 4,
  base2_exponential_bucket_histogram: 5,
};

/** @returns `undefined` if the SDK would refuse the view, and with it all metrics */
export function plannedView(view: Section): PlannedView | undefined {
  const selector = view.under('selector');
  const stream = view.under('stream');
  const keys = stream?.under('attribute_keys');
  const selected = selectedBy(selector);
  const name = stream?.get('name');
  const planned = {
    options: {
      ...selected,
      ...withoutUndefined({
        name,
        description: stream?.get('description'),
        aggregationCardinalityLimit: stream?.get('aggregation_cardinality_limit'),
        aggregation: aggregationOf(stream?.under('aggregation')),
      }),
    },
    included: namesOf(keys, 'included'),
    excluded: namesOf(keys, 'excluded'),
  };
  if (Object.keys(selected).length === 0) {
    view.isLeftOut('its selector selects nothing');
    return undefined;
  }
  const instrument = selector?.text('instrument_name');
  if (name !== undefined && (instrument === undefined || instrument.includes('*'))) {
    view.isLeftOut('a view with a name must select one instrument by its name');
    return undefined;
  }
  return planned;
}

function selectedBy(selector: Section | undefined): Readonly<Record<string, unknown>> {
  const type = selector?.get('instrument_type');
  return withoutUndefined({
    instrumentName: selector?.get('instrument_name'),
    instrumentType: typeof type === 'string' ? type.toUpperCase() : undefined,
    instrumentUnit: selector?.get('unit'),
    meterName: selector?.get('meter_name'),
    meterVersion: selector?.get('meter_version'),
    meterSchemaUrl: selector?.get('meter_schema_url'),
  });
}

/** The options of a view, for the installed SDK. */
export function madeView({ options, included, excluded }: PlannedView, sdk: ViewsModule): object {
  const attributesProcessors = [
    ...(included === undefined ? [] : [sdk.createAllowListAttributesProcessor?.(included)]),
    ...(excluded === undefined ? [] : [sdk.createDenyListAttributesProcessor?.(excluded)]),
  ].filter((processor) => processor !== undefined);
  return attributesProcessors.length === 0 ? options : { ...options, attributesProcessors };
}

function aggregationOf(section: Section | undefined): object | undefined {
  const found = section?.component();
  if (found === undefined) return undefined;
  const type = AGGREGATION_TYPES[found.name];
  if (type === undefined) {
    found.section.isUnknown();
    return undefined;
  }
  const options = withoutUndefined({
    boundaries: found.section.get('boundaries'),
    recordMinMax: found.section.get('record_min_max'),
    maxSize: found.section.get('max_size'),
  });
  return Object.keys(options).length === 0 ? { type } : { type, options };
}

/** The SDKs compare names as they are, so a pattern would match nothing. */
function namesOf(keys: Section | undefined, which: 'included' | 'excluded'): readonly string[] | undefined {
  const names = keys?.get(which);
  if (keys === undefined || !Array.isArray(names) || names.length === 0) return undefined;
  if (names.some((name) => /[*?]/.test(String(name)))) {
    keys.leaveOut(which, 'the SDK takes names, but no patterns with * or ?');
    return undefined;
  }
  return names.map(String);
}

function withoutUndefined(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
