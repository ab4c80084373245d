import type { Enclosure } from './enclosure.ts';

/** A message in a request: of a resource, for example. */
export interface Group {
  readonly enclosure: Enclosure;
  /** The messages in it; `undefined` if it has items. */
  groups: Groups | undefined;
  /** Bytes of the messages or items in it. */
  contentBytes: number;
  /** Stretches of neighbouring items. */
  stretches: number;
  /** Position of the items' bytes in the staging bytes, or of the chunks, if the items are not copied. */
  position: number;
  /** The items in place; `undefined` if they are copied. */
  chunks: Uint8Array[] | undefined;
}

/** The messages in a request, or in one of its messages, in the order of their first items. */
export class Groups {
  readonly inOrder: Group[] = [];
  private byKey: Map<unknown, Group> | undefined;

  /** Equal enclosures have one group. */
  findOrAdd(enclosure: Enclosure): Group {
    const { key } = enclosure;
    const known = key === undefined ? undefined : this.byKey?.get(key);
    if (known !== undefined) return known;
    const group = { enclosure, groups: undefined, contentBytes: 0, stretches: 0, position: 0, chunks: undefined };
    this.inOrder.push(group);
    if (key !== undefined) (this.byKey ??= new Map<unknown, Group>()).set(key, group);
    return group;
  }
}
