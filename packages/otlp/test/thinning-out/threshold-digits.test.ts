import { describe, expect, it } from 'vitest';
import { putThresholdDigits, readThresholdDigits } from '../../src/thinning-out/threshold-digits.ts';

/** A text with the digits of a threshold after `th:`, with another threshold put there. */
function withThreshold(text: string, threshold: number, end = text.length): string {
  const bytes = Buffer.from(text);
  putThresholdDigits(bytes, text.indexOf('th:') + 3, end, threshold);
  return bytes.toString();
}

describe('the digits of a threshold in an encoded item', () => {
  it('are read as they were put, for each of the thresholds', () => {
    const bytes = Buffer.from('ot=th:0000;');
    for (let threshold = 0; threshold <= 0xffff; threshold += 1) {
      putThresholdDigits(bytes, 6, bytes.length, threshold);
      expect(readThresholdDigits(bytes, 6)).toBe(threshold);
    }
    expect(bytes.toString()).toBe('ot=th:ffff;');
  });

  it('replace all digits of the old threshold, however many it had', () => {
    expect(withThreshold('th:1234', 0x89ab)).toBe('th:89ab');
    expect(withThreshold('th:0123456789abcd', 0x89ab)).toBe('th:89ab0000000000');
    expect(withThreshold('th:1234fa90', 0x89ab)).toBe('th:89ab0000');
    expect(withThreshold('th:1234009a', 0x89ab)).toBe('th:89ab0000');
  });

  it.each(['/', ':', '`', 'g', ';', ',', '-', ' ', 'A'])('leave what follows a %s as it is', (separator) => {
    expect(withThreshold(`th:12345${separator}12af`, 0x89ab)).toBe(`th:89ab0${separator}12af`);
  });

  it('leave the next item as it is, even if it begins with a digit', () => {
    const item = 'th:12345';
    expect(withThreshold(`${item}9abc`, 0x89ab, item.length)).toBe('th:89ab09abc');
  });
});
