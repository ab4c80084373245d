import { describe, expect, it } from 'vitest';
import { EncodedBuffer } from '../../src/buffer/encoded-buffer.ts';
import { ScopeTable } from '../../src/buffer/scope-table.ts';
import { collectGarbage } from './collect-garbage.ts';
import { idsOf, sampleEncoder, sampleResource, sampleScope } from './sample-items.ts';

const noneHeld = () => new Set<number>();

describe('ScopeTable', () => {
  it('gives a pair of resource and scope one id', () => {
    const table = new ScopeTable(noneHeld);
    const id = table.idOf(sampleResource, sampleScope);
    table.idOf(sampleResource, { name: 'other' });
    expect(table.idOf(sampleResource, sampleScope)).toBe(id);
    expect(table.size).toBe(2);
  });

  it('gives scope objects that say the same one id', () => {
    const table = new ScopeTable(noneHeld);
    const ids = Array.from({ length: 5_000 }, () =>
      table.idOf(sampleResource, { name: 'a', version: '1', schemaUrl: 'https://a', attributes: { key: 1 } }),
    );
    expect(new Set(ids).size).toBe(1);
    expect(table.size).toBe(1);
  });

  it.each([
    ['name', { name: 'b', version: '1' }],
    ['version', { name: 'a', version: '2' }],
    ['schema URL', { name: 'a', version: '1', schemaUrl: 'https://b' }],
    ['attributes', { name: 'a', version: '1', attributes: { key: 1 } }],
    ['where the name ends', { name: 'a1', version: '' }],
  ])('tells scopes apart by %s', (_, scope) => {
    const table = new ScopeTable(noneHeld);
    expect(table.idOf(sampleResource, scope)).not.toBe(table.idOf(sampleResource, { name: 'a', version: '1' }));
  });

  it('tells the same scope of two resources apart, in any order of calls', () => {
    const table = new ScopeTable(noneHeld);
    const other = { attributes: {} };
    const ids = [sampleResource, other, sampleResource, other].map((resource) => table.idOf(resource, sampleScope));
    expect(ids[0]).toBe(ids[2]);
    expect(ids[1]).toBe(ids[3]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('counts the bytes of the headers that it keeps, those of resources once they are made', () => {
    const table = new ScopeTable(noneHeld);
    const id = table.idOf(sampleResource, sampleScope);
    const before = table.memoryBytes;
    const { bytes } = table.resourceHeaderOf(id);
    expect(table.memoryBytes).toBeGreaterThanOrEqual(before + bytes.length);
  });

  it('uses ids again that no item has, and forgets their scopes and resources', () => {
    const held = new Set<number>();
    const table = new ScopeTable(() => held);
    for (let index = 0; index < 100; index += 1) held.add(table.idOf(sampleResource, { name: `held ${index}` }));
    let highest = 0;
    for (let index = 0; index < 20_000; index += 1) {
      const id = table.idOf({ attributes: { index } }, { name: `passing ${index}` });
      expect(held.has(id)).toBe(false);
      highest = Math.max(highest, id);
    }
    expect(highest).toBeLessThan(300);
    expect(table.size).toBeLessThan(300);
    expect(table.memoryBytes).toBeLessThan(100_000);
    for (let index = 0; index < 100; index += 1) {
      expect(held.has(table.idOf(sampleResource, { name: `held ${index}` }))).toBe(true);
    }
  });

  it('knows a scope object again after its id was given to another one', () => {
    const held = new Set<number>();
    const table = new ScopeTable(() => held);
    table.idOf(sampleResource, sampleScope);
    for (let index = 0; index < 300; index += 1) held.add(table.idOf(sampleResource, { name: `${index}` }));
    expect(held.has(table.idOf(sampleResource, sampleScope))).toBe(false);
  });

  it('forgets a resource that no item has, though its attributes never came', () => {
    const table = new ScopeTable(noneHeld);
    table.idOf({ attributes: {}, asyncAttributesPending: true }, sampleScope);
    for (let index = 0; index < 300; index += 1) table.idOf(sampleResource, { name: `${index}` });
    expect(table.hasPendingResources).toBe(false);
  });

  it('does not keep every scope object that says the same', async () => {
    const table = new ScopeTable(noneHeld);
    const first = new WeakRef({ name: 'a' });
    table.idOf(sampleResource, first.deref() ?? sampleScope);
    for (let index = 0; index < 3_000; index += 1) table.idOf(sampleResource, { name: 'a' });
    // A reference that was read stays alive until the current job ends.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(first.deref()).toBeUndefined();
  });

  it('keeps the scope of every item that is queued or out', () => {
    const buffer = new EncodedBuffer({ encoder: sampleEncoder });
    const nameOf = (id: number) => `scope ${id}`;
    const push = (id: number) => buffer.push({ id, bytes: 50, scope: { name: nameOf(id) } }, 0);
    for (let id = 0; id < 1_000; id += 1) push(id);
    const out = buffer.take(500, Infinity);
    for (let id = 1_000; id < 3_000; id += 1) push(id);
    for (const [batch, first] of [[out, 0], [buffer.take(500, Infinity), 500]] as const) {
      expect(idsOf(batch)[0]).toBe(first);
      const body = Buffer.concat(buffer.assembleRequest(batch).chunks).toString('latin1');
      const named = Array.from({ length: 500 }, (_, index) => body.includes(nameOf(first + index)));
      expect(named).not.toContain(false);
    }
  });

  it('encodes a resource when it is first needed, and again until its attributes are complete', () => {
    const table = new ScopeTable(noneHeld);
    const resource = { attributes: { late: 'no' }, asyncAttributesPending: true };
    const id = table.idOf(resource, sampleScope);
    const textOf = () => Buffer.from(table.resourceHeaderOf(id).bytes).toString('latin1');
    expect(table.hasPendingResources).toBe(true);
    expect(textOf()).toContain('no');
    resource.attributes.late = 'yes';
    resource.asyncAttributesPending = false;
    expect(table.hasPendingResources).toBe(false);
    expect(textOf()).toContain('yes');
    resource.attributes.late = 'never';
    expect(textOf()).toContain('yes');
  });
});
