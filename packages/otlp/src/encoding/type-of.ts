/** The type of an object, such as `Map`, in any realm. A class may pretend to be another type. */
export function typeOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

export function isPromiseLike<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
