/** The parts of a file that cannot be used. */
export class FileReport {
  readonly problems: string[] = [];
  readonly #sections: Section[] = [];

  /** The application runs without what is at a path. */
  leaveOut(path: string, why: string): void {
    this.problems.push(`${path} is left out: ${why}`);
  }

  opened(section: Section): void {
    this.#sections.push(section);
  }

  /** The paths of everything that nobody has asked for, although it is set. */
  get unread(): readonly string[] {
    return this.#sections.flatMap((section) => section.unread);
  }
}

/** A component of a file: a section with one key, which is its name, and what stands below that. */
export interface Component {
  readonly name: string;
  readonly section: Section;
}

/** A mapping within a file. It knows its path, and which of its keys were asked for. */
export class Section {
  readonly path: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #report: FileReport;
  readonly #read = new Set<string>();

  constructor(path: string, value: unknown, report: FileReport) {
    this.path = path;
    this.#values = isMapping(value) ? value : {};
    this.#report = report;
    report.opened(this);
  }

  get keys(): readonly string[] {
    return Object.keys(this.#values).filter((key) => this.#values[key] !== undefined);
  }

  /** The path of a key. */
  pathOf(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  /** `undefined` if the key is absent or has no value. */
  get(key: string): unknown {
    this.#read.add(key);
    return this.#values[key] ?? undefined;
  }

  /** A text; `undefined` if the key is absent, or has no value or another one. */
  text(key: string): string | undefined {
    const value = this.get(key);
    return typeof value === 'string' ? value : undefined;
  }

  /** A section below this one; an empty one if the key has no value, and `undefined` if there is no such key. */
  under(key: string): Section | undefined {
    this.#read.add(key);
    return this.#values[key] === undefined ? undefined : new Section(this.pathOf(key), this.#values[key], this.#report);
  }

  /** The sections of a list. */
  list(key: string): readonly Section[] {
    const list = this.get(key);
    if (!Array.isArray(list)) return [];
    return list.map((value, index) => new Section(`${this.pathOf(key)}[${index}]`, value, this.#report));
  }

  /** The component that this section names, if it names one. */
  component(): Component | undefined {
    const [name] = this.keys;
    return name === undefined ? undefined : { name, section: this.under(name)! };
  }

  leaveOut(key: string, why: string): void {
    this.#read.add(key);
    this.#report.leaveOut(this.pathOf(key), why);
  }

  /** For a section that the application runs without. */
  isLeftOut(why: string): void {
    this.#report.leaveOut(this.path, why);
  }

  /** For a component that does not exist here. Nothing below it is reported. */
  isUnknown(): void {
    for (const key of this.keys) this.#read.add(key);
    this.isLeftOut('no such component is known');
  }

  get unread(): readonly string[] {
    return this.keys.filter((key) => !this.#read.has(key) && this.#values[key] !== null).map((key) => this.pathOf(key));
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
