import { readRegularFile } from '../platform/regular-file.node.ts';

const HOSTS_FILE =
  process.platform === 'win32'
    ? `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`
    : '/etc/hosts';
/** Not on Windows, where names are looked up unchanged. */
const RESOLVER_FILE = '/etc/resolv.conf';

/** resolv.conf(5): a name with at least this many dots is first looked up unchanged. */
const DEFAULT_NDOTS = 1;

/**
 * Whether the platform resolves a name without a name server: localhost, a name in the hosts file, or a name of mDNS.
 */
export function isKnownLocally(hostname: string, hostsFile = HOSTS_FILE): boolean {
  const name = hostname.replace(/\.$/, '').toLowerCase();
  // `.local` is multicast DNS (RFC 6762), which no name server answers for.
  return /(^|\.)local(host)?$/.test(name) || namesOf(hostsFile).has(name);
}

/** The names that the platform asks its name servers for, in turn, until one of them has an address. */
export function candidatesOf(hostname: string, resolverFile = RESOLVER_FILE): readonly string[] {
  if (hostname.endsWith('.')) return [hostname.slice(0, -1)];
  const { domains, ndots } = searchListOf(resolverFile);
  const below = domains.map((domain) => `${hostname}.${domain}`);
  return hostname.split('.').length > ndots ? [hostname, ...below] : [...below, hostname];
}

function namesOf(hostsFile: string): ReadonlySet<string> {
  return new Set(linesOf(hostsFile).flatMap(([, ...names]) => names.map((name) => name.toLowerCase())));
}

function searchListOf(resolverFile: string): { readonly domains: readonly string[]; readonly ndots: number } {
  let domains: readonly string[] = [];
  let ndots = DEFAULT_NDOTS;
  for (const [keyword, ...values] of linesOf(resolverFile)) {
    // The last one wins.
    if (keyword === 'search' || keyword === 'domain')
      domains = values.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '');
    if (keyword === 'options') ndots = Number(/\bndots:(\d+)/.exec(values.join(' '))?.[1] ?? ndots);
  }
  return { domains, ndots };
}

/** The words of each line. The files need not exist. */
function linesOf(path: string): string[][] {
  let text = '';
  try {
    text = new TextDecoder().decode(readRegularFile(path));
  } catch {
    // The platform cannot read it either.
  }
  return text.split('\n').map((line) =>
    line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/),
  );
}
