/** What an object is, such as `Map`, whichever realm it comes from. A class may claim to be another one. */
export function typeOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

export function isPromiseLike<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
