import type { AgentOptions } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { diag } from '@opentelemetry/api';
import { now } from '@spillway/backpressure';
import { nodeCrypto, nodeNet, nodeTls } from '../platform/node-modules.node.ts';
import { checkTls, type OtlpTlsOptions, type ResolvedTransportOptions } from './transport-options.ts';

/** The function, and the files behind it, are checked for changes this often at most, and only if a request is sent. */
const LOOK_MILLIS = 5_000;

/** The certificates and keys for connections. They may change. */
export class TlsMaterial {
  readonly #source: () => OtlpTlsOptions | undefined;
  #given: OtlpTlsOptions | undefined;
  #agentOptions: AgentOptions;
  #nextLook = now() + LOOK_MILLIS;
  #lastProblem: string | undefined;

  /** @throws TypeError for an invalid certificate or key; whatever the function throws */
  constructor(tls: ResolvedTransportOptions['tls']) {
    this.#source = typeof tls === 'function' ? () => checkTls(tls()) : () => tls;
    this.#given = this.#source();
    this.#agentOptions = agentOptionsOf(this.#given);
  }

  /** The last usable options. */
  get given(): OtlpTlsOptions | undefined {
    return this.#given;
  }

  get agentOptions(): AgentOptions {
    return this.#agentOptions;
  }

  /**
   * Checks for changes if it is time. Material that cannot be used, such as a new certificate without its new key, is
   * checked again later, and the current material stays in use.
   * @returns whether there is something new
   */
  renew(): boolean {
    if (now() < this.#nextLook) return false;
    this.#nextLook = now() + LOOK_MILLIS;
    try {
      const given = this.#source();
      if (given === this.#given) return false;
      this.#agentOptions = agentOptionsOf(given);
      this.#given = given;
      this.#lastProblem = undefined;
      return true;
    } catch (error) {
      this.#complain(error);
      return false;
    }
  }

  /** A connection has failed, perhaps because of the current material, so the next request checks for changes. */
  doubt(): void {
    this.#nextLook = -Infinity;
  }

  /** Warns once, until there is something new. */
  #complain(error: unknown): void {
    const problem = error instanceof Error ? error.message : 'the tls function failed';
    if (problem !== this.#lastProblem)
      diag.warn(`OTLP transport: new certificates or keys cannot be used, the last ones stay in use: ${problem}`);
    this.#lastProblem = problem;
  }
}

/** Parses certificates and keys once instead of for each connection, because that takes a millisecond and more. */
export function agentOptionsOf({
  ca,
  cert,
  key,
  passphrase,
  rejectUnauthorized,
  servername,
}: OtlpTlsOptions = {}): AgentOptions {
  // A member is set only if it is given, because OpenSSL's binding distinguishes `undefined` from absent.
  const material = Object.fromEntries(
    Object.entries({ ca: asPem(ca), cert: asPem(cert), key: asPem(key), passphrase }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as SecureContextOptions;
  try {
    // OpenSSL takes a text without a certificate as an empty list of authorities, and then trusts nobody.
    if (material.ca !== undefined) void new (nodeCrypto().X509Certificate)(material.ca as string | Buffer);
    return {
      ...(Object.keys(material).length > 0 && { secureContext: nodeTls().createSecureContext(material) }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      ...(servername !== undefined && expecting(servername)),
    };
  } catch (error) {
    // OpenSSL's text, kept as the cause, describes the form, never the content.
    const given = Object.keys(material).join(', ');
    throw new TypeError(`tls has a certificate, key or passphrase that cannot be used (${given})`, { cause: error });
  }
}

/** An address is not sent as a name (RFC 6066 3), but the certificate must still be for it. */
function expecting(host: string): AgentOptions {
  const servername = serverNameOf(host);
  return nodeNet().isIP(host) === 0
    ? { servername }
    : { servername, checkServerIdentity: (_, certificate) => nodeTls().checkServerIdentity(host, certificate) };
}

function asPem(pem: string | Uint8Array | undefined): string | Buffer | undefined {
  return typeof pem === 'object' ? Buffer.from(pem.buffer, pem.byteOffset, pem.byteLength) : pem;
}

/**
 * The TLS server name of a host: without the trailing dot (RFC 6066 3). Empty for an address, which is not a name: the
 * certificate is then checked against the address.
 */
export function serverNameOf(hostname: string): string {
  return nodeNet().isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : '';
}
