import { admissionTo } from '@spillway/backpressure';
import { describe, expect, it } from 'vitest';
import { EncodedBuffer } from '../../src/buffer/encoded-buffer.ts';
import { ScopeTable } from '../../src/buffer/scope-table.ts';
import { collectGarbage } from './collect-garbage.ts';
import { idsOf, sampleEncoder, sampleResource, sampleScope } from './sample-items.ts';

/** The most that the table keeps of pairs without items: fewer than so many, because each takes 350 bytes. */
const KEPT_PAIRS = 6_000;
const KEPT_BYTES = 2 * 1024 * 1024;

describe('ScopeTable', () => {
  it('gives a pair of resource and scope one id', () => {
    const table = new ScopeTable();
    const id = table.hold(sampleResource, sampleScope);
    table.hold(sampleResource, { name: 'other' });
    expect(table.hold(sampleResource, sampleScope)).toBe(id);
    expect(table.size).toBe(2);
  });

  it('gives equal scope objects the same id', () => {
    const table = new ScopeTable();
    const ids = Array.from({ length: 5_000 }, () =>
      table.hold(sampleResource, { name: 'a', version: '1', schemaUrl: 'https://a', attributes: { key: 1 } }),
    );
    expect(new Set(ids).size).toBe(1);
    expect(table.size).toBe(1);
  });

  it.each([
    ['name', { name: 'b', version: '1' }],
    ['version', { name: 'a', version: '2' }],
    ['schema URL', { name: 'a', version: '1', schemaUrl: 'https://b' }],
    ['attributes', { name: 'a', version: '1', attributes: { key: 1 } }],
    ['the end of the name', { name: 'a1', version: '' }],
  ])('distinguishes scopes by %s', (_, scope) => {
    const table = new ScopeTable();
    expect(table.hold(sampleResource, scope)).not.toBe(table.hold(sampleResource, { name: 'a', version: '1' }));
  });

  it('distinguishes the same scope of two resources, in any order of calls', () => {
    const table = new ScopeTable();
    const other = { attributes: {} };
    const ids = [sampleResource, other, sampleResource, other].map((resource) => table.hold(resource, sampleScope));
    expect(ids[0]).toBe(ids[2]);
    expect(ids[1]).toBe(ids[3]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('counts a resource, a scope and their pair once, from their first item to their last', () => {
    const table = new ScopeTable();
    const id = table.hold(sampleResource, sampleScope);
    const one = table.heldBytes;
    expect(one).toBeGreaterThan(table.resourceHeaderOf(id).length + table.scopeHeaderOf(id).length);
    for (let item = 0; item < 99; item += 1) table.hold(sampleResource, { name: 'sample' });
    expect(table.heldBytes).toBe(one);
    const other = table.hold(sampleResource, { name: 'simple' });
    const both = table.heldBytes;
    expect(both - one).toBeLessThan(one);
    table.letGo(id, 100);
    expect(table.heldBytes).toBe(one);
    table.letGo(other, 1);
    expect(table.heldBytes).toBe(0);
  });

  it('counts all bytes of a larger scope', () => {
    const bytesOf = (name: string): number => {
      const table = new ScopeTable();
      table.hold(sampleResource, { name });
      return table.heldBytes;
    };
    expect(bytesOf('x'.repeat(5_000)) - bytesOf('')).toBeGreaterThanOrEqual(5_000);
  });

  it('reuses ids that no item has, and forgets all but a few of their scopes and resources', () => {
    const table = new ScopeTable();
    const held = new Set<number>();
    for (let index = 0; index < 100; index += 1) held.add(table.hold(sampleResource, { name: `held ${index}` }));
    const { heldBytes } = table;
    let highest = 0;
    for (let index = 0; index < 20_000; index += 1) {
      const id = table.hold({ attributes: { index } }, { name: `passing ${index}` });
      expect(held.has(id)).toBe(false);
      highest = Math.max(highest, id);
      table.letGo(id, 1);
    }
    expect(highest).toBeLessThan(100 + KEPT_PAIRS + 2);
    expect(table.size).toBeLessThan(100 + KEPT_PAIRS + 2);
    expect(table.heldBytes).toBe(heldBytes);
    expect(table.memoryBytes - heldBytes).toBeLessThanOrEqual(KEPT_BYTES);
    for (let index = 0; index < 100; index += 1) {
      expect(held.has(table.hold(sampleResource, { name: `held ${index}` }))).toBe(true);
    }
  });

  it('keeps large scopes without items only up to a total size', () => {
    const table = new ScopeTable();
    for (let index = 0; index < 200; index += 1)
      table.letGo(table.hold(sampleResource, { name: `${index}${'x'.repeat(50_000)}` }), 1);
    expect(table.memoryBytes).toBeLessThanOrEqual(KEPT_BYTES);
    expect(table.memoryBytes).toBeGreaterThan(KEPT_BYTES / 2);
  });

  it('gives each of 5 000 scopes the same id again and again, although the queue empties in between', () => {
    const table = new ScopeTable();
    let encoded = 0;
    const scopes = Array.from({ length: 5_000 }, (_, index) => ({
      get name() {
        encoded += 1;
        return `scope ${index}`;
      },
    }));
    const idsOfRound = () =>
      scopes.map((scope) => {
        const id = table.hold(sampleResource, scope);
        table.letGo(id, 1);
        return id;
      });
    const ids = idsOfRound();
    expect(new Set(ids).size).toBe(5_000);
    expect(encoded).toBe(5_000);
    for (let round = 0; round < 3; round += 1) expect(idsOfRound()).toEqual(ids);
    expect(encoded).toBe(5_000);
  });

  it('keeps what is in use while others come and go', () => {
    const table = new ScopeTable();
    const held = table.hold(sampleResource, sampleScope);
    for (let index = 0; index < 3 * KEPT_PAIRS; index += 1) {
      table.letGo(table.hold(sampleResource, { name: `${index}` }), 1);
      if (index % 100 === 0) table.letGo(table.hold(sampleResource, sampleScope), 1);
    }
    expect(table.scopeHeaderOf(held)).toContain('sample');
    table.letGo(held, 1);
    expect(table.heldBytes).toBe(0);
    expect(table.memoryBytes).toBeLessThanOrEqual(KEPT_BYTES);
  });

  it('recognises objects whose last item has left, while it keeps them', () => {
    const table = new ScopeTable();
    const scope = { name: 'first' };
    const id = table.hold(sampleResource, scope);
    table.letGo(id, 1);
    scope.name = 'changed since';
    expect(table.hold(sampleResource, scope)).toBe(id);
    expect(table.scopeHeaderOf(id)).toContain('first');
  });

  it('recognises a scope object after its id was given to another one', () => {
    const table = new ScopeTable();
    table.letGo(table.hold(sampleResource, sampleScope), 1);
    const held = new Set<number>();
    for (let index = 0; index < KEPT_PAIRS + 1; index += 1) {
      const id = table.hold({ attributes: { index } }, { name: `${index}` });
      table.letGo(id, 1);
    }
    for (let index = 0; index < KEPT_PAIRS + 1; index += 1)
      held.add(table.hold(sampleResource, { name: `held ${index}` }));
    const id = table.hold(sampleResource, sampleScope);
    expect(held.has(id)).toBe(false);
    expect(table.scopeHeaderOf(id)).toContain('sample');
    expect(table.resourceHeaderOf(id)).toContain('service.name');
  });

  it('forgets a resource without items even if its attributes never came', () => {
    const table = new ScopeTable();
    table.letGo(table.hold({ attributes: {}, asyncAttributesPending: true }, sampleScope), 1);
    for (let index = 0; index < KEPT_PAIRS + 1; index += 1)
      table.letGo(table.hold(sampleResource, { name: `${index}` }), 1);
    expect(table.hasPendingResources).toBe(false);
  });

  it('does not keep every one of many equal objects', async () => {
    const table = new ScopeTable();
    const first = [new WeakRef({ name: 'a' }), new WeakRef({ attributes: { a: 1 } })] as const;
    table.hold(first[1].deref() ?? sampleResource, first[0].deref() ?? sampleScope);
    for (let index = 0; index < 20_000; index += 1) table.hold({ attributes: { a: 1 } }, { name: 'a' });
    expect(table.size).toBe(1);
    // A reference that was read stays alive until the current job ends.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(first.map((reference) => reference.deref())).toEqual([undefined, undefined]);
  });

  it('gives equal resource objects the same id, but not while they wait for attributes', () => {
    const table = new ScopeTable();
    const ids = [1, 1, 2].map((a) => table.hold({ attributes: { a } }, sampleScope));
    expect(new Set(ids).size).toBe(2);
    const pending = [1, 1].map((a) => table.hold({ attributes: { a }, asyncAttributesPending: true }, sampleScope));
    expect(new Set([...ids, ...pending]).size).toBe(4);
  });

  it.each([null, undefined, 'orders', 3])(
    'refuses an invalid resource or scope, and keeps nothing of the item: %s',
    (odd) => {
      const table = new ScopeTable();
      expect(() => table.hold(odd as never, sampleScope)).toThrow('it has no resource');
      expect(() => table.hold(sampleResource, odd as never)).toThrow('it has no instrumentation scope');
      expect([table.size, table.heldBytes]).toEqual([0, 0]);
    },
  );

  it('refuses an item whose resource or scope is above the limit, without writing all of it', () => {
    const table = new ScopeTable(10_000);
    const huge = 'x'.repeat(60_000_000);
    const startedAt = process.cpuUsage();
    for (const hold of [
      () => table.hold(sampleResource, { name: huge }),
      () => table.hold({ attributes: { huge } }, sampleScope),
      () => table.hold({ attributes: { huge }, asyncAttributesPending: true }, sampleScope),
    ]) {
      expect(hold).toThrow('above the limit of 10000 bytes');
    }
    expect(process.cpuUsage(startedAt).user).toBeLessThan(30_000);
    expect([table.size, table.heldBytes]).toEqual([0, 0]);
    expect(() => table.hold(sampleResource, { name: 'x'.repeat(9_000) })).not.toThrow();
  });

  it('encodes a resource whose attributes came late, however large they have made it', () => {
    const table = new ScopeTable(1_000);
    const resource = { attributes: { late: 'no' }, asyncAttributesPending: true };
    const id = table.hold(resource, sampleScope);
    const { heldBytes } = table;
    resource.attributes.late = 'x'.repeat(5_000);
    resource.asyncAttributesPending = false;
    expect(table.resourceHeaderOf(id).length).toBeGreaterThan(5_000);
    expect(table.heldBytes).toBeGreaterThan(heldBytes + 4_000);
  });

  it('is unharmed by a getter of a scope that releases all others', () => {
    const table = new ScopeTable();
    const ids = Array.from({ length: KEPT_PAIRS + 50 }, (_, index) => table.hold(sampleResource, { name: `${index}` }));
    const id = table.hold(sampleResource, {
      get name() {
        for (const other of ids.splice(0)) table.letGo(other, 1);
        return 'hostile';
      },
    });
    expect(table.scopeHeaderOf(id)).toContain('hostile');
    expect(table.resourceHeaderOf(id)).toContain('service.name');
    table.letGo(id, 1);
    expect(table.heldBytes).toBe(0);
  });

  it('keeps the scope of every held item', () => {
    const buffer = new EncodedBuffer({ encoder: sampleEncoder });
    const nameOf = (id: number) => `scope ${id}`;
    const push = (id: number) => buffer.push({ id, bytes: 50, scope: { name: nameOf(id) } }, admissionTo(0));
    for (let id = 0; id < 1_000; id += 1) push(id);
    const out = buffer.take(500, Infinity);
    for (let id = 1_000; id < 3_000; id += 1) push(id);
    for (const [batch, first] of [
      [out, 0],
      [buffer.take(500, Infinity), 500],
    ] as const) {
      expect(idsOf(batch)[0]).toBe(first);
      const body = Buffer.concat(buffer.assembleRequest(batch).chunks).toString('latin1');
      const named = Array.from({ length: 500 }, (_, index) => body.includes(nameOf(first + index)));
      expect(named).not.toContain(false);
    }
  });

  it('encodes a resource that waits for attributes again for each request, until they are complete', () => {
    const table = new ScopeTable();
    const resource = { attributes: { late: 'no' }, asyncAttributesPending: true };
    const id = table.hold(resource, sampleScope);
    const textOf = () => table.resourceHeaderOf(id);
    expect(table.hasPendingResources).toBe(true);
    expect(textOf()).toContain('no');
    resource.attributes.late = 'yes';
    resource.asyncAttributesPending = false;
    expect(table.hasPendingResources).toBe(false);
    expect(textOf()).toContain('yes');
    resource.attributes.late = 'never';
    expect(textOf()).toContain('yes');
    const { heldBytes } = table;
    table.letGo(id, 1);
    expect([table.heldBytes, heldBytes > 0]).toEqual([0, true]);
  });
});
