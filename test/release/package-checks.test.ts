import { describe, expect, it } from 'vitest';
import { missingIn } from '../../scripts/release/empty-projects.ts';
import { manifestProblems, sizeProblems, versionProblems } from '../../scripts/release/package-checks.ts';
import { relativeLinks, withAbsoluteLinks } from '../../scripts/release/readme-links.ts';
import type { Manifest, StagedPackage } from '../../scripts/release/staged-packages.ts';

const MANIFEST: Manifest = {
  name: '@spillway/trace',
  version: '1.2.3',
  license: 'Apache-2.0',
  description: 'Spans.',
  keywords: ['opentelemetry', 'telemetry', 'tracing'],
  engines: { node: '>=22.15' },
  exports: { '.': './dist/index.js' },
  publishConfig: { access: 'public', provenance: true },
};

function staged(manifest: Partial<Manifest> = {}, rest: Partial<StagedPackage> = {}): StagedPackage {
  const files = ['LICENSE', 'README.md', 'package.json'].map((path) => ({ path, size: 1 }));
  const sizes = { packedBytes: 1, unpackedBytes: 1 };
  const place = { folder: 'trace', path: '/staged/trace', tarball: '/staged/trace.tgz' };
  return { ...place, ...sizes, files, missingLinks: [], manifest: { ...MANIFEST, ...manifest }, ...rest };
}

describe('a package that is ready to be released', () => {
  it('has no problems', () => {
    expect([...manifestProblems(staged()), ...versionProblems([staged()]), ...sizeProblems(staged())]).toEqual([]);
  });

  it.each([
    [{ license: 'MIT' }, 'license must be Apache-2.0, got MIT'],
    [{ keywords: ['one'] }, 'keywords must be three or more'],
    [{ publishConfig: { access: 'public' } }, 'publishConfig.provenance must be true'],
    [{ publishConfig: { provenance: true } }, 'publishConfig.access must be public'],
    [{ engines: {} }, 'engines.node is missing'],
  ])('must not have %j', (manifest, problem) => {
    expect(manifestProblems(staged(manifest))).toEqual([`@spillway/trace: ${problem}`]);
  });

  it('must contain its licence', () => {
    const files = ['README.md', 'package.json'].map((path) => ({ path, size: 1 }));
    expect(manifestProblems(staged({}, { files }))).toEqual(['@spillway/trace: LICENSE is missing']);
  });

  it('must have the version of the others, and need exactly theirs', () => {
    const other = staged({ name: '@spillway/logs', version: '1.2.4', dependencies: { '@spillway/trace': '^1.2.3' } });
    expect(versionProblems([staged(), other])).toEqual([
      '@spillway/logs has version 1.2.4, not 1.2.3',
      '@spillway/logs needs @spillway/trace ^1.2.3, not 1.2.4',
    ]);
  });

  it('must not be too large', () => {
    expect(sizeProblems(staged({}, { packedBytes: 9_000_000 }))).toHaveLength(1);
  });
});

describe('a bill of materials', () => {
  it('has each package of ours by its own name, and not by that of one that begins with it', () => {
    const lines = ['@spillway/otlp-grpc 1.2.3 Apache-2.0', '@spillway/trace 1.2.3 Apache-2.0'];
    expect(missingIn({ lines }, [staged(), staged({ name: '@spillway/otlp' })])).toEqual(['@spillway/otlp']);
  });
});

describe('the links of a README', () => {
  const absolute = (readme: string) => {
    const missing: string[] = [];
    const text = withAbsoluteLinks(readme, 'packages/node', 'https://host.test/spillway', (link) => missing.push(link));
    return { text, missing };
  };

  it('become absolute, those of pictures included, and others stay', () => {
    const { text, missing } = absolute(
      '[a](../trace/README.md#options) [b](#here) [c](https://other.test/) ![d](../../docs/images/page.png)',
    );
    expect(text).toBe(
      '[a](https://host.test/spillway/blob/main/packages/trace/README.md#options) [b](#here) [c](https://other.test/) ![d](https://host.test/spillway/raw/main/docs/images/page.png)',
    );
    expect(missing).toEqual(['../../docs/images/page.png']);
    expect(relativeLinks(text)).toEqual([]);
  });

  it('become absolute in HTML, too', () => {
    const { text, missing } = absolute('<a href="../trace/README.md"><img src="../../docs/page.png" width="9"></a>');
    expect(text).toBe(
      '<a href="https://host.test/spillway/blob/main/packages/trace/README.md"><img src="https://host.test/spillway/raw/main/docs/page.png" width="9"></a>',
    );
    expect(missing).toEqual(['../../docs/page.png']);
    expect(relativeLinks('<img alt="a phone" src="../phone.png">')).toEqual(['../phone.png']);
    expect(relativeLinks('<a href="https://other.test/"></a><a href="#here"></a>')).toEqual([]);
  });

  it('that lead nowhere are named', () => {
    expect(absolute('[a](../nothing.md)').missing).toEqual(['../nothing.md']);
    expect(absolute('[a](../../../outside.md)').missing).toEqual(['../../../outside.md']);
  });
});
