// npm shows the README of a package, but not the files beside it.
import { existsSync } from 'node:fs';
import { posix } from 'node:path';

/** The target of a link or image of Markdown or HTML, unless it is absolute or within the page. */
const RELATIVE_LINK = /(\]\(|\b(?:src|href)=")(?![a-z]+:|#|\/\/)([^)"\s]+)/g;

/**
 * Makes the relative links of a README absolute.
 * @param folder of the README, from the root of the repository
 * @param missing receives each target that does not exist
 */
export function withAbsoluteLinks(
  readme: string,
  folder: string,
  address: string,
  missing: (target: string) => void,
): string {
  return readme.replaceAll(RELATIVE_LINK, (_, opening: string, target: string) => {
    const [path = '', anchor] = target.split('#');
    const file = posix.normalize(posix.join(folder, path));
    if (file.startsWith('..') || !existsSync(file)) missing(target);
    const kind = /\.(png|svg|jpe?g|gif)$/.test(file) ? 'raw' : 'blob';
    return `${opening}${address}/${kind}/main/${file}${anchor === undefined ? '' : `#${anchor}`}`;
  });
}

export function relativeLinks(readme: string): readonly string[] {
  return [...readme.matchAll(RELATIVE_LINK)].map(([, , target]) => target ?? '');
}
