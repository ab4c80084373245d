import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as resources from '@opentelemetry/resources';
import { describe, expect, it } from 'vitest';
import { applicationAt } from '../../src/sdk/application.ts';
import type { InstalledModule } from '../../src/sdk/installed-module.ts';
import type { ResourcesModule } from '../../src/sdk/sdk-module-types.ts';
import { defaultServiceName, resourceOf, serviceNameOf } from '../../src/sdk/resource.ts';

const application = applicationAt(fileURLToPath(import.meta.url));

const BROKEN: InstalledModule = {
  name: '@opentelemetry/resource-detector-container',
  version: '1.0.0',
  file: '',
  load() {
    throw new Error('no cgroup here');
  },
  sibling: () => undefined,
};

describe('the resource', () => {
  it('has late attributes of detectors, even if nothing has been exported yet', async () => {
    const late = { detect: () => ({ attributes: { 'host.id': Promise.resolve('4711') } }) };
    const resource = resourceOf({ serviceName: 'shop', attributes: {} }, application, {
      ...(resources as unknown as ResourcesModule),
      hostDetector: late,
    });
    await turn();
    expect(resource).toMatchObject({
      asyncAttributesPending: false,
      attributes: { 'host.id': '4711', 'service.name': 'shop' },
    });
  });

  it.skipIf(process.platform !== 'linux')(
    "has the attributes of OpenTelemetry's host detector, without reading a file in the background",
    async () => {
      const resource = resourceOf(
        { serviceName: 'shop', attributes: {} },
        application,
        resources as unknown as ResourcesModule,
      );
      const upstream = resources.detectResources({ detectors: [resources.hostDetector] });
      await upstream.waitForAsyncAttributes?.();
      expect(resource).toMatchObject({ asyncAttributesPending: false, attributes: upstream.attributes });
    },
  );

  it('names the service after the executable, whatever path the process was started by, unless a name is set', () => {
    const name = (serviceName: string | undefined, attributes = {}) =>
      resourceOf({ serviceName, attributes }, application, resources as unknown as ResourcesModule);
    expect(defaultServiceName('/usr/local/bin/node')).toBe('unknown_service:node');
    expect(name(undefined)).toMatchObject({ attributes: { 'service.name': defaultServiceName() } });
    expect(name(undefined, { 'service.name': 'shop' })).toMatchObject({ attributes: { 'service.name': 'shop' } });
    expect(name('till', { 'service.name': 'shop' })).toMatchObject({ attributes: { 'service.name': 'till' } });
  });

  it.each([
    ['cannot be loaded', { find: () => BROKEN }, 'no cgroup here'],
    ['is missing', { find: () => undefined }, 'npm install @opentelemetry/resource-detector-container'],
  ])('goes without the detector of containers if its package %s, and a line says so', (_, found, reason) => {
    const warnings: string[] = [];
    const resource = resourceOf(
      { serviceName: 'shop', attributes: {}, detectors: ['process', 'container'] },
      { ...application, ...found },
      resources as unknown as ResourcesModule,
      (warning) => warnings.push(warning),
    );
    expect(warnings).toEqual([
      expect.stringContaining('OTEL_CONFIG_FILE: the resource detector container is left out: '),
    ]);
    expect(warnings[0]).toContain(reason);
    expect(resource).toMatchObject({ attributes: { 'service.name': 'shop', 'process.pid': process.pid } });
  });

  it.each([
    ['till', { 'service.name': 'shop' }, 'till'],
    [undefined, { 'service.name': 'shop' }, 'shop'],
    [undefined, { 'service.name': '' }, defaultServiceName()],
    [undefined, { 'service.name': 7 }, defaultServiceName()],
    [undefined, {}, defaultServiceName()],
  ])('has a name of the service before anything is detected: %s and %j', (serviceName, resourceAttributes, name) => {
    expect(serviceNameOf({ serviceName, resourceAttributes })).toBe(name);
  });
});
