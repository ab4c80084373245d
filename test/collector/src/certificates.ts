import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A key and its certificate, PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

export interface Certificates {
  /** The certificate of the authority that signed both, PEM. */
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: Identity;
  readonly client: Identity;
  /** Servers that a client must not trust. */
  readonly badServers: {
    /** Like the server, but expired yesterday. */
    readonly expired: Identity;
    /** Like the server, but valid only from tomorrow on. */
    readonly notYetValid: Identity;
    /** For `elsewhere.test`. */
    readonly otherHost: Identity;
    /** Like the server, but signed by itself. */
    readonly selfSigned: Identity;
  };
}

interface Signer {
  readonly name: string;
  readonly privateKey: KeyObject;
}

interface Subject {
  readonly name: string;
  readonly publicKey: KeyObject;
}

/**
 * Makes an authority with a server and a client certificate, valid from a day ago until a day from now. They are made
 * for each run, so that the repository holds no private key and no test fails because a certificate has expired.
 * @param authorityName must differ between two authorities that a client trusts, because OpenSSL finds them by name
 */
export function mintCertificates(authorityName = 'spillway test authority'): Certificates {
  const authority = keysOf(authorityName);
  const server = keysOf('localhost');
  const client = keysOf('spillway test client');
  const otherHost = keysOf('elsewhere.test');
  const serverUntil = (validity?: Validity) => ({
    key: pem(server.privateKey),
    cert: certificate(server, authority, [SUBJECT_IS_LOCALHOST], validity),
  });
  return {
    ca: certificate(authority, authority, [BASIC_CONSTRAINTS_CA]),
    server: serverUntil(),
    client: { key: pem(client.privateKey), cert: certificate(client, authority, []) },
    badServers: {
      expired: serverUntil([-2 * DAY_MILLIS, -DAY_MILLIS]),
      notYetValid: serverUntil([DAY_MILLIS, 2 * DAY_MILLIS]),
      otherHost: { key: pem(otherHost.privateKey), cert: certificate(otherHost, authority, [SUBJECT_IS_ELSEWHERE]) },
      selfSigned: { key: pem(server.privateKey), cert: certificate(server, server, [SUBJECT_IS_LOCALHOST]) },
    },
  };
}

function keysOf(name: string): Signer & Subject {
  return { name, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

// The certificate in DER, by RFC 5280 section 4.1 and appendix A.

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

const VERSION_3 = der(VERSION, der(INTEGER, Buffer.from([2])));
const TRUE = Buffer.from([0x01, 0x01, 0xff]);
/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = der(SEQUENCE, der(OBJECT_IDENTIFIER, Buffer.from('2a8648ce3d040302', 'hex')));
/** 2.5.4.3 */
const COMMON_NAME = der(OBJECT_IDENTIFIER, Buffer.from('550403', 'hex'));
/** 2.5.29.19 */
const BASIC_CONSTRAINTS_CA = der(
  SEQUENCE,
  der(OBJECT_IDENTIFIER, Buffer.from('551d13', 'hex')),
  TRUE,
  der(OCTET_STRING, der(SEQUENCE, TRUE)),
);
/** 2.5.29.17 */
const SUBJECT_IS_LOCALHOST = der(
  SEQUENCE,
  der(OBJECT_IDENTIFIER, Buffer.from('551d11', 'hex')),
  der(
    OCTET_STRING,
    der(SEQUENCE, der(DNS_NAME, Buffer.from('localhost')), der(IP_ADDRESS, Buffer.from([127, 0, 0, 1]))),
  ),
);
/** 2.5.29.17 */
const SUBJECT_IS_ELSEWHERE = der(
  SEQUENCE,
  der(OBJECT_IDENTIFIER, Buffer.from('551d11', 'hex')),
  der(OCTET_STRING, der(SEQUENCE, der(DNS_NAME, Buffer.from('elsewhere.test')))),
);

/** Begin and end of validity, in milliseconds from now. */
type Validity = readonly [from: number, until: number];

const DAY_MILLIS = 24 * 60 * 60 * 1000;

function certificate(
  subject: Subject,
  issuer: Signer,
  extensions: readonly Buffer[],
  [from, until]: Validity = [-DAY_MILLIS, DAY_MILLIS],
): string {
  // A serial number is a positive integer, so its first byte is below 0x80. It is above 0 to have the shortest form.
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(8)]);
  const toBeSigned = der(
    SEQUENCE,
    VERSION_3,
    der(INTEGER, serial),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    der(SEQUENCE, time(from), time(until)),
    distinguishedName(subject.name),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(EXTENSIONS, der(SEQUENCE, ...extensions))]),
  );
  const signature = sign('sha256', toBeSigned, issuer.privateKey);
  const signed = der(SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, der(BIT_STRING, Buffer.from([0]), signature));
  const lines = signed.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function distinguishedName(name: string): Buffer {
  return der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(name)))));
}

function time(fromNowMillis: number): Buffer {
  const digits = new Date(Date.now() + fromNowMillis).toISOString().replace(/\.\d+|[-:T]/g, '');
  return der(GENERALIZED_TIME, Buffer.from(digits));
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(bytes: number): number[] {
  if (bytes < 0x80) return [bytes];
  return bytes < 0x100 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 0xff];
}
