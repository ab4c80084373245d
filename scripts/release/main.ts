// `npm run release:check`: packs all packages as they would be published, and checks everything that a release needs.
// With `--address-may-be-missing`, as CI runs it, the check of the address only reports.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { billOfMaterials, type EmptyProject, missingIn, PROJECT_KINDS, triedIn } from './empty-projects.ts';
import {
  linkProblems,
  manifestProblems,
  pathProblems,
  sizeProblems,
  typeProblems,
  versionProblems,
} from './package-checks.ts';
import { repository } from './repository.ts';
import { PACKED, removeStaged, stagedPackages } from './staged-packages.ts';

const mayBeMissing = process.argv.includes('--address-may-be-missing');
const failed: string[] = [];

function report(name: string, problems: readonly string[], note = ''): void {
  console.log(`${problems.length === 0 ? 'passed' : 'FAILED'}  ${name}${note === '' ? '' : `: ${note}`}`);
  for (const problem of problems) console.log(`        ${problem}`);
  if (problems.length > 0 && !(name === 'address' && mayBeMissing)) failed.push(name);
}

const place = repository();
const packages = stagedPackages(place);
report(
  'address',
  place.isMissing ? ['package.json at the root has no repository with an https address'] : [],
  place.isMissing ? '' : place.url,
);
report('version', versionProblems(packages), packages[0]?.manifest.version);
report('manifests', packages.flatMap(manifestProblems), `${packages.length} packages`);
report('links', packages.flatMap(linkProblems));
report('paths', packages.flatMap(pathProblems), `${packages.flatMap(({ files }) => files).length} files`);
report('sizes', packages.flatMap(sizeProblems));
for (const { manifest, packedBytes, unpackedBytes, files } of packages) {
  const sizes = `${kilobytes(packedBytes)} packed, ${kilobytes(unpackedBytes)} unpacked, ${files.length} files`;
  console.log(`        ${manifest.name.padEnd(24)} ${sizes}`);
}
report('types', packages.flatMap(typeProblems));
const projects: EmptyProject[] = [];
try {
  for (const kind of PROJECT_KINDS) {
    const project = triedIn(kind, packages);
    projects.push(project);
    report(`install ${kind}`, project.problems);
  }
  const installed = projects.find(({ isInstalled }) => isInstalled);
  if (installed === undefined) report('bill of materials', ['there is none, because the packages cannot be installed']);
  else writeBill(installed);
} finally {
  for (const { folder } of projects) rmSync(folder, { recursive: true });
  removeStaged();
}

console.log(failed.length === 0 ? 'ready to be released' : `${failed.length} failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`.padStart(7);
}

function writeBill({ folder }: EmptyProject): void {
  const bill = billOfMaterials(folder);
  writeFileSync(join(PACKED, 'sbom.cdx.json'), bill.text);
  report('licences', bill.problems, `${bill.lines.length} packages at run time`);
  for (const line of bill.lines) console.log(`        ${line}`);
  const missing = missingIn(bill, packages);
  report(
    'bill of materials',
    missing.map((name) => `${name} is not in it`),
    'packed/sbom.cdx.json',
  );
}
