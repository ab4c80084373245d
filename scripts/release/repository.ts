// Where the repository is: `repository` of the package.json at the root, and nowhere else.
import { readFileSync } from 'node:fs';

/** Stands in for the address while it is missing, so that everything else can be checked. `.invalid` never resolves. */
const PLACEHOLDER = 'https://repository.invalid/spillway';

export interface Repository {
  /** The address for browsers, without a slash at its end. */
  readonly url: string;
  readonly isMissing: boolean;
}

export function repository(): Repository {
  const { repository: given } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly repository?: string | { readonly url?: string };
  };
  const url = (typeof given === 'string' ? given : given?.url)?.replace(/^git\+/, '').replace(/\.git$/, '');
  return url === undefined || !url.startsWith('https://')
    ? { url: PLACEHOLDER, isMissing: true }
    : { url, isMissing: false };
}
