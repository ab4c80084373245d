import { describe, expect, it } from 'vitest';
import { serviceFolderName } from '../src/folder-names.ts';

describe('the folder of a service', () => {
  it.each(['shop', 'shop-2.eu_west', 'a'.repeat(100)])('has the name of the service if that is safe: %s', (name) => {
    expect(serviceFolderName(name)).toBe(name);
  });

  it.each(['../shop', '.shop', 'shop/eu', 'unknown_service:node', 'läden', 'a'.repeat(101), '/'.repeat(1_000)])(
    'has a safe name of its own otherwise, which is that of its folder as well: %j',
    (name) => {
      const folder = serviceFolderName(name);
      expect(folder).toMatch(/^[A-Za-z0-9_-][A-Za-z0-9._-]*-[0-9a-f]{8}$/);
      expect(folder.length).toBeLessThanOrEqual(100);
      expect(serviceFolderName(folder)).toBe(folder);
    },
  );

  it('is not the same for services whose safe names are', () => {
    expect(serviceFolderName('shop/eu')).not.toBe(serviceFolderName('shop:eu'));
    expect(serviceFolderName('a'.repeat(101))).not.toBe(serviceFolderName('a'.repeat(102)));
  });
});
