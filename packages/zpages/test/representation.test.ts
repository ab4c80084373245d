import { describe, expect, it } from 'vitest';
import { representationOf } from '../src/server/representation.ts';

describe('the form of an answer', () => {
  it.each([
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['text/event-stream', 'events'],
    ['application/json', 'json'],
    ['application/json, text/plain, */*', 'json'],
    ['text/plain', 'text'],
    ['text/html;q=0.2, application/json;q=0.8', 'json'],
    ['application/json;q=0, text/html;q=0.1', 'html'],
    ['*/*', 'text'],
    [undefined, 'text'],
    ['image/png', 'text'],
    ['APPLICATION/JSON', 'json'],
  ])('for Accept: %s is %s', (accept, representation) => {
    expect(representationOf('/', accept)).toBe(representation);
  });

  it('is the one that the query names, whatever Accept says', () => {
    expect(representationOf('/?format=json', 'text/html')).toBe('json');
    expect(representationOf('/?a=b&format=text', 'text/html')).toBe('text');
    expect(representationOf('/?format=events', 'text/html')).toBe('events');
  });

  it('does not exist for an unknown format', () => {
    expect(representationOf('/?format=xml', 'text/html')).toBeUndefined();
    expect(representationOf('/?format=', 'text/html')).toBeUndefined();
    expect(representationOf('/?format=constructor', 'text/html')).toBeUndefined();
  });
});
