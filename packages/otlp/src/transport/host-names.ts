/** Groups of an IPv6 address. */
const GROUPS = 8;

/** Characters that would end a host in a URL, or begin one after it. */
const NO_HOST = /[/?#@\\\s]/;

/**
 * One spelling for each host, so that hosts can be compared: a name in lower case, in ASCII and without the trailing
 * dot; an IPv6 address without brackets, in its shortest form; an IPv4 address within IPv6 as the IPv4 address. A text
 * that is not a host is returned in lower case, otherwise unchanged.
 */
export function canonicalHost(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const url = `http://${bare.includes(':') ? `[${bare}]` : bare}/`;
  if (NO_HOST.test(bare) || !URL.canParse(url)) return bare.toLowerCase();
  const canonical = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  return [high, low].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]).join('.');
}

/** The bits of an address, 32 or 128, one character each; `undefined` for a name. */
export function addressBits(canonicalAddress: string): string | undefined {
  if (canonicalAddress.includes(':')) {
    const groups = groupsOf(canonicalAddress);
    const isAddress = groups.length === GROUPS && groups.every((group) => /^[\da-f]{1,4}$/.test(group));
    return isAddress ? groups.map((group) => bits(Number.parseInt(group, 16), 16)).join('') : undefined;
  }
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(canonicalAddress)?.slice(1);
  return octets?.map((octet) => bits(Number(octet), 8)).join('');
}

/** All eight groups: `::` stands for the omitted zeros. */
function groupsOf(address: string): readonly string[] {
  const [left = [], right] = address.split('::').map((side) => side.split(':').filter((group) => group !== ''));
  if (right === undefined) return left;
  return [...left, ...Array<string>(Math.max(GROUPS - left.length - right.length, 0)).fill('0'), ...right];
}

function bits(value: number, count: number): string {
  return value.toString(2).padStart(count, '0');
}
