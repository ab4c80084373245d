import { describe, expect, it } from 'vitest';
import { headers, mergeHeaders, readVariable } from '@spillway/config';

function read(list: string) {
  const warnings: string[] = [];
  return { value: readVariable({ HEADERS: list }, 'HEADERS', headers, (message) => warnings.push(message)), warnings };
}

describe('a list of headers', () => {
  it.each<[string, string, Record<string, string>]>([
    ['one entry', 'api-key=abc', { 'api-key': 'abc' }],
    ['several entries', 'a=1,b=2', { a: '1', b: '2' }],
    ['white space around names and values', ' a = 1 , b = 2 ', { a: '1', b: '2' }],
    [
      'percent-encoded text',
      'authorization=Basic%20dTpw%3D%3D,a%2Db=%C3%A9',
      { authorization: 'Basic dTpw==', 'a-b': 'é' },
    ],
    ['"=" within a value', 'authorization=Basic dTpw==', { authorization: 'Basic dTpw==' }],
    ['superfluous commas', ',a=1,,b=2,', { a: '1', b: '2' }],
    ['a name given twice, whose last value wins', 'a=1,a=2', { a: '2' }],
    ['the name of a property that every object has', '__proto__=1', Object.fromEntries([['__proto__', '1']])],
  ])('is read: %s', (_, list, expected) => {
    expect(read(list)).toEqual({ value: expected, warnings: [] });
  });

  it.each<[string, string, string]>([
    ['has no "="', 's3cret', 'has no "="'],
    ['has no name', '=s3cret', 'has a name that no HTTP header may have'],
    ['has a space in its name', 'a b=s3cret', 'has a name that no HTTP header may have'],
    ['has an encoded line break in its name', 'a%0d%0ab=s3cret', 'has a name that no HTTP header may have'],
    ['has no value', 's3cret=', 'has no value'],
    ['has bad percent-encoding in its value', 'a=s3cret%zz', 'has a "%" that is not followed by an encoded character'],
    ['has bad percent-encoding in its name', 's3cret%=a', 'has a "%" that is not followed by an encoded character'],
    ['has half a character encoded', 'a=s3cret%C3', 'has a "%" that is not followed by an encoded character'],
    ['has an encoded line break in its value', 'a=s3cret%0d%0ab:c', 'has a character that no HTTP header may hold'],
    [
      'has a character beyond Latin-1 in its value',
      'a=s3cret%E2%82%AC',
      'has a character that no HTTP header may hold',
    ],
  ])('loses only the entry that %s, and no warning shows any part of it', (_, entry, problem) => {
    expect(read(`good=1,${entry},fine=2`)).toEqual({
      value: { good: '1', fine: '2' },
      warnings: [`HEADERS: entry 2 ${problem}`],
    });
    expect(read(entry)).toEqual({ value: undefined, warnings: [`HEADERS is ignored: entry 1 ${problem}`] });
  });

  it('loses the metadata of an entry, as upstream does, but with a warning', () => {
    expect(read('cookie=a;s3cret=b')).toEqual({
      value: { cookie: 'a' },
      warnings: ['HEADERS: entry 1 is cut at its ";": in a value, write %3B instead'],
    });
  });

  it('causes one warning for several bad entries', () => {
    expect(read('s3cret,a=1,b=%').warnings).toEqual([
      'HEADERS: entry 1 has no "="; entry 3 has a "%" that is not followed by an encoded character',
    ]);
  });
});

describe('two lists of headers', () => {
  it('are joined, and an entry of the winner replaces the entry whose name differs only in case', () => {
    expect(mergeHeaders({ Authorization: 'old', tenant: 't' }, { authorization: 'new', extra: 'e' })).toEqual({
      tenant: 't',
      authorization: 'new',
      extra: 'e',
    });
  });
});
