/** Values that make no sense for a type. The key says why. */
export type MalformedValues = Readonly<Record<string, string>>;

const NUMBERS: MalformedValues = {
  negative: '-1',
  'not a number': 'many',
  'too large': '99999999999999999999',
  'of a unit that does not exist': '10parsecs',
  'two numbers': '1 2',
};

/** Every type that the table of variables names, except the lists of words. */
const VALUES: Readonly<Record<string, MalformedValues>> = {
  integer: { ...NUMBERS, 'a fraction': '1.5' },
  'duration (ms)': { ...NUMBERS, 'of another unit': '5s' },
  'timeout (ms)': { ...NUMBERS, 'of another unit': '5s' },
  'number 0-1': { ...NUMBERS, 'above its range': '1.01', 'a percentage': '80%' },
  'size (bytes)': { ...NUMBERS, 'of an ambiguous unit': '64M' },
  URL: {
    'no URL': 'collector',
    'of no scheme': 'collector:4318',
    'of another scheme': 'ftp://collector/',
    'a number': '4318',
  },
  'list of name=value': { 'no list': 'plenty', 'not percent-encoded': 'a=%zz', nameless: '=1' },
  boolean: { 'no boolean': 'perhaps', 'a number': '1', 'a word of other languages': 'yes' },
  // Any text will do.
  string: {},
};

const WORDS: MalformedValues = { unknown: 'pray', 'a number': '1', 'of every object': 'constructor' };

/**
 * Values that no variable of this type may hold.
 * @throws Error for a type that is not known here, so that a new type gets its row
 */
export function malformedValues(type: string): MalformedValues {
  const values = VALUES[type] ?? (type.includes('`') ? WORDS : undefined);
  if (values === undefined) throw new Error(`which values make no sense for the type ${type}?`);
  return values;
}

/** Values that look odd but are accepted: words in another case. */
export function oddValues(type: string): readonly string[] {
  const words = [...type.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
  return type === 'boolean' ? ['TRUE', 'False'] : words.map((word) => word.toUpperCase());
}
