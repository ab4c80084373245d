/** The body of the request with a number: it tells its number and its own length, so that it can be checked. */
export function textOf(number: number, length: number): string {
  return `request ${number} ${length} `.padEnd(length + 40, String.fromCodePoint(97 + (number % 26)));
}

/** @returns the number; `undefined` if the text is not as it was written */
export function numberIn(text: string): number | undefined {
  const [, number = '', length = ''] = /^request (\d+) (\d+) /.exec(text) ?? [];
  return text === textOf(Number(number), Number(length)) ? Number(number) : undefined;
}
