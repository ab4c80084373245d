import { describe, expect, it } from 'vitest';
import { nearestName } from '../src/nearest-name.ts';

describe('the name that was probably meant', () => {
  it.each([
    ['P_HEADER', 'P_HEADERS'],
    ['P_HEADERSS', 'P_HEADERS'],
    ['P_HEADERX', 'P_HEADERS'],
    ['P_RATE', 'P_RAT'],
  ])('has at most one error in four characters: %s', (name, expected) => {
    expect(nearestName(name, ['P_RAT', 'P_HEADERS'], 'P_')).toBe(expected);
  });

  it.each(['P_RATES', 'P_RTE', 'P_HAEDERS', 'P_'])('does not exist for %s', (name) => {
    expect(nearestName(name, ['P_RAT', 'P_HEADERS'], 'P_')).toBeUndefined();
  });

  it('has the fewest errors', () => {
    expect(nearestName('P_QUEUE_SIZES', ['P_QUEUE_SIDE', 'P_QUEUE_SIZE', 'P_QUEUE_SISES'], 'P_')).toBe('P_QUEUE_SIZE');
  });
});
