/** Makes an element. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

export function svgElement<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Node[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Changes a text only if it differs, so that what a reader has selected stays selected. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** The same for an attribute. */
export function setAttribute(target: Element, name: string, value: string): void {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

export function byId(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

/** A list of elements, one for each item, that stay the same elements while their items stay. */
export class KeyedList<Item> {
  readonly #parent: Element;
  readonly #make: (item: Item) => { readonly root: HTMLElement; update(item: Item): void };
  readonly #keyOf: (item: Item) => string;
  readonly #made = new Map<string, { readonly root: HTMLElement; update(item: Item): void }>();

  constructor(
    parent: Element,
    keyOf: (item: Item) => string,
    make: (item: Item) => { readonly root: HTMLElement; update(item: Item): void },
  ) {
    this.#parent = parent;
    this.#keyOf = keyOf;
    this.#make = make;
  }

  update(items: readonly Item[]): void {
    const keys = new Set(items.map(this.#keyOf));
    for (const [key, { root }] of this.#made) {
      if (keys.has(key)) continue;
      root.remove();
      this.#made.delete(key);
    }
    for (const [index, item] of items.entries()) {
      const key = this.#keyOf(item);
      const view = this.#made.get(key) ?? this.#make(item);
      this.#made.set(key, view);
      if (this.#parent.children[index] !== view.root)
        this.#parent.insertBefore(view.root, this.#parent.children[index] ?? null);
      view.update(item);
    }
  }
}
