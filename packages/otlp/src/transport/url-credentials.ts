import { utf8Of } from '../protobuf/utf8.ts';

/** The user information of a URL, decoded, as `user:password`; `undefined` if it has none. */
export function credentialsOf(url: URL): string | undefined {
  return url.username === '' && url.password === '' ? undefined : `${decode(url.username)}:${decode(url.password)}`;
}

/** Value of `Authorization` or `Proxy-Authorization`: the text in UTF-8 (RFC 7617 2.1). */
export function basicAuthorization(credentials: string): string {
  return `Basic ${btoa(String.fromCodePoint(...utf8Of(credentials)))}`;
}

/** A percent sign that encodes nothing stands for itself, as in the URL. */
function decode(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    return component;
  }
}
