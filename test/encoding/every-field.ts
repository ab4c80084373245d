/** Requests in OTLP/JSON that have every field of the definitions once, none with its default value. */

const attributes = [
  { key: 'text', value: { stringValue: 'é' } },
  { key: 'flag', value: { boolValue: true } },
  { key: 'whole', value: { intValue: '-12345678901234567' } },
  { key: 'fraction', value: { doubleValue: 0.5 } },
  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, {}] } } },
  { key: 'map', value: { kvlistValue: { values: [{ key: 'a', value: { boolValue: true } }] } } },
];
const resource = {
  attributes,
  droppedAttributesCount: 1,
  entityRefs: [{ schemaUrl: 'https://e', type: 'host', idKeys: ['a', 'b'], descriptionKeys: ['c'] }],
};
const scope = { name: 'shop', version: '1', attributes, droppedAttributesCount: 2 };
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const times = { startTimeUnixNano: '1700000000000000001', timeUnixNano: '18446744073709551615' };
const exemplars = [
  { filteredAttributes: attributes, timeUnixNano: '3', asDouble: 0.25, spanId, traceId },
  { timeUnixNano: '4', asInt: '-5' },
];

export const EVERY_SPAN_FIELD = {
  resourceSpans: [
    {
      resource,
      scopeSpans: [
        {
          scope,
          spans: [
            {
              traceId,
              spanId,
              traceState: 'ot=th:8',
              parentSpanId: '00f067aa0ba902b7',
              name: 'GET /',
              kind: 2,
              startTimeUnixNano: '1700000000000000001',
              endTimeUnixNano: '1700000000000000002',
              attributes,
              droppedAttributesCount: 3,
              events: [{ timeUnixNano: '5', name: 'retry', attributes, droppedAttributesCount: 4 }],
              droppedEventsCount: 5,
              links: [{ traceId, spanId, traceState: 'a=1', attributes, droppedAttributesCount: 6, flags: 0x301 }],
              droppedLinksCount: 7,
              status: { message: 'out of stock', code: 2 },
              flags: 0x101,
            },
          ],
          schemaUrl: 'https://scope',
        },
      ],
      schemaUrl: 'https://resource',
    },
  ],
};

export const EVERY_METRICS_FIELD = {
  resourceMetrics: [
    {
      resource,
      scopeMetrics: [
        {
          scope,
          metrics: [
            {
              name: 'size',
              description: 'of a queue',
              unit: 'By',
              metadata: attributes,
              gauge: { dataPoints: [{ attributes, ...times, asDouble: -0.5, exemplars, flags: 1 }] },
            },
            {
              name: 'requests',
              sum: {
                dataPoints: [{ attributes, ...times, asInt: '-9223372036854775808', exemplars, flags: 1 }],
                aggregationTemporality: 2,
                isMonotonic: true,
              },
            },
            {
              name: 'duration',
              histogram: {
                dataPoints: [
                  {
                    attributes,
                    ...times,
                    count: '3',
                    sum: 1.5,
                    bucketCounts: ['1', '18446744073709551615'],
                    explicitBounds: [0.5, 10],
                    exemplars,
                    flags: 1,
                    min: -1,
                    max: 2.5,
                  },
                ],
                aggregationTemporality: 1,
              },
            },
            {
              name: 'duration.exponential',
              exponentialHistogram: {
                dataPoints: [
                  {
                    attributes,
                    ...times,
                    count: '3',
                    sum: 1.5,
                    scale: -3,
                    zeroCount: '1',
                    positive: { offset: -7, bucketCounts: ['1', '18446744073709551615'] },
                    negative: { offset: 7, bucketCounts: ['2'] },
                    flags: 1,
                    exemplars,
                    min: -1,
                    max: 2.5,
                    zeroThreshold: 0.001,
                  },
                ],
                aggregationTemporality: 2,
              },
            },
            {
              name: 'duration.summary',
              summary: {
                dataPoints: [
                  {
                    attributes,
                    ...times,
                    count: '3',
                    sum: 1.5,
                    quantileValues: [{ quantile: 0.5, value: 1.25 }],
                    flags: 1,
                  },
                ],
              },
            },
          ],
          schemaUrl: 'https://scope',
        },
      ],
      schemaUrl: 'https://resource',
    },
  ],
};
