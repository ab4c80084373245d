import { errorFields, isError } from './error-value.ts';
import { typeOf } from './type-of.ts';
import { UnencodableError } from './unencodable-error.ts';

/** A proxy may report new prototypes for ever. */
const DEEPEST_CLASS = 100;

/**
 * The meaning of an object that is neither an array nor simply the sum of its own properties: the fields of an error,
 * the entries of a map, the elements of a set, the content of a boxed value, the result of `toJSON`, and otherwise the
 * text of an object that can print itself.
 * @returns the object itself if its own properties are its meaning
 * @throws UnencodableError if it has nothing that can be sent, such as a promise
 */
export function meantBy(value: object, mostElements: number): unknown {
  if (isError(value)) return errorFields(value);
  const builtIn = builtInMeantBy(value, typeOf(value), mostElements);
  if (builtIn !== undefined) return builtIn;
  const { toJSON } = value as { toJSON?: unknown };
  const json: unknown = typeof toJSON === 'function' ? toJSON.call(value) : value;
  if (json !== value) return json;
  if (!isInstance(value) || Object.keys(value).length > 0) return value;
  if (printsItself(value)) return String(value);
  throw new UnencodableError(`a ${typeOf(value)} without properties of its own has no OTLP value`);
}

/** @returns `undefined` if the object is not one of these, whatever it claims to be */
function builtInMeantBy(value: object, type: string, mostElements: number): unknown {
  try {
    switch (type) {
      case 'Date':
        return dateText(value);
      case 'Map':
        return entriesOf(Map.prototype.entries.call(value), mostElements);
      case 'Set':
        return listOf(Set.prototype.values.call(value), mostElements);
      case 'Headers':
        return entriesOf((value as Headers).entries(), mostElements);
      case 'RegExp':
        return RegExp.prototype.toString.call(value);
      case 'Number':
        return Number.prototype.valueOf.call(value);
      case 'String':
        return String.prototype.valueOf.call(value);
      case 'Boolean':
        return Boolean.prototype.valueOf.call(value);
      case 'BigInt':
        return BigInt.prototype.valueOf.call(value);
      case 'Symbol':
        return Symbol.prototype.valueOf.call(value);
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof UnencodableError) throw error;
    return undefined;
  }
}

function dateText(value: object): string {
  const millis = Date.prototype.getTime.call(value);
  if (Number.isNaN(millis)) throw new UnencodableError('an invalid date has no OTLP value');
  return new Date(millis).toISOString();
}

/** A map if all keys are strings, otherwise a list of pairs. */
function entriesOf(entries: Iterable<[unknown, unknown]>, mostElements: number): unknown {
  const pairs = listOf(entries, mostElements);
  if (!pairs.every(([key]) => typeof key === 'string')) return pairs;
  const map = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of pairs) map[key as string] = value;
  return map;
}

function listOf<T>(elements: Iterable<T>, mostElements: number): T[] {
  const list: T[] = [];
  for (const element of elements) {
    if (list.length === mostElements) throw new UnencodableError(`more than ${mostElements} elements`);
    list.push(element);
  }
  return list;
}

/** Whether it is an instance of a class, not a plain object of another realm or from `Object.create`. */
function isInstance(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    typeof prototype === 'object' &&
    prototype !== null &&
    Object.getPrototypeOf(prototype) !== null &&
    Object.hasOwn(prototype, 'constructor')
  );
}

/** Whether its class defines how to print it. `Object.prototype.toString`, of any realm, prints only the type. */
function printsItself(value: object): boolean {
  let holder: object | null = value;
  for (let level = 0; holder !== null && level < DEEPEST_CLASS; level += 1) {
    const parent: object | null = Object.getPrototypeOf(holder);
    if (Object.hasOwn(holder, 'toString')) return parent !== null;
    holder = parent;
  }
  return false;
}
