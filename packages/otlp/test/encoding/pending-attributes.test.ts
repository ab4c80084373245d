import { describe, expect, it } from 'vitest';
import { hasPendingAttributes } from '../../src/encoding/index.ts';

describe('the attributes of a resource', () => {
  it.each([
    ['still to come, if the resource says so', { attributes: {}, asyncAttributesPending: true }, true],
    ['complete, if it says so', { attributes: {}, asyncAttributesPending: false }, false],
    ['complete, if it says nothing', { attributes: {} }, false],
    [
      'taken as complete, if asking throws',
      Object.defineProperty({ attributes: {} }, 'asyncAttributesPending', {
        get: () => {
          throw new Error('no');
        },
      }),
      false,
    ],
    ['complete, if there is no resource', undefined, false],
  ])('are %s', (_, resource, expected) => {
    expect(hasPendingAttributes(resource)).toBe(expected);
  });
});
