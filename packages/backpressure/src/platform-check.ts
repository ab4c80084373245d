import { hasTimers } from './clock.ts';

/**
 * @throws TypeError that names what is missing: otherwise, the first flush would throw where the error cannot be caught
 */
export function checkPlatform(): void {
  const missing = [
    ...(typeof AbortController === 'function' ? [] : ['AbortController']),
    ...(hasTimers() ? [] : ['setTimeout']),
  ];
  if (missing.length > 0)
    throw new TypeError(`BackpressureController needs ${missing.join(' and ')}, which this platform does not have`);
}
