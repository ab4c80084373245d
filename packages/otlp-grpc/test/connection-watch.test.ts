import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ConnectionWatch } from '../src/connection-watch.ts';

/** A socket that does nothing by itself. */
class IdleSocket extends EventEmitter {
  remoteAddress: string | undefined;
  remoteFamily: string | undefined;
  isDestroyed = false;
  isHolding = true;

  constructor(remoteAddress?: string, remoteFamily = 'IPv4') {
    super();
    this.remoteAddress = remoteAddress;
    this.remoteFamily = remoteFamily;
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  ref(): this {
    this.isHolding = true;
    return this;
  }

  unref(): this {
    this.isHolding = false;
    return this;
  }

  get asSocket(): Socket {
    return this as unknown as Socket;
  }
}

const asItIs = async (socket: Socket): Promise<Socket> => socket;

describe('the watch over the connections of a channel', () => {
  it('knows whether there is a connection, and whether the last attempt has found one', async () => {
    const watch = new ConnectionWatch();
    const socket = new IdleSocket('127.0.0.1');
    watch.opened(socket.asSocket);
    expect([watch.isConnected, watch.wasConnected]).toEqual([false, false]);
    await watch.connected(socket.asSocket, asItIs);
    expect([watch.isConnected, watch.wasConnected]).toEqual([true, true]);
    socket.emit('close');
    expect([watch.isConnected, watch.wasConnected]).toEqual([false, true]);
    watch.opened(new IdleSocket().asSocket);
    expect(watch.wasConnected).toBe(false);
  });

  it('knows the last address, also if a socket does not tell its own', async () => {
    const watch = new ConnectionWatch();
    expect(watch.address).toBeUndefined();
    await watch.connected(new IdleSocket('127.0.0.1').asSocket, asItIs);
    expect(watch.address).toEqual({ address: '127.0.0.1', family: 4 });
    await watch.connected(new IdleSocket('2001:db8::1', 'IPv6').asSocket, asItIs);
    await watch.connected(new IdleSocket(undefined).asSocket, asItIs);
    expect(watch.address).toEqual({ address: '2001:db8::1', family: 6 });
  });

  it('keeps the process from being held by any socket, also if somebody asks for that', async () => {
    const watch = new ConnectionWatch();
    const [plain, secured] = [new IdleSocket('127.0.0.1'), new IdleSocket('127.0.0.1')];
    watch.opened(plain.asSocket);
    expect(await watch.connected(plain.asSocket, async () => secured.asSocket)).toBe(secured);
    plain.ref();
    secured.ref();
    expect([plain.isHolding, secured.isHolding]).toEqual([false, false]);
  });

  it('keeps why TLS has failed until there is a new connection', async () => {
    const watch = new ConnectionWatch();
    const error = new Error('expired');
    const failed = watch.connected(new IdleSocket('127.0.0.1').asSocket, () => Promise.reject(error));
    await expect(failed).rejects.toBe(error);
    expect(watch.tlsError).toBe(error);
    await watch.connected(new IdleSocket('127.0.0.1').asSocket, asItIs);
    expect(watch.tlsError).toBeUndefined();
  });

  it('can give up those that are being made, or all that are open', () => {
    const watch = new ConnectionWatch();
    const [connecting, connected, closed] = [new IdleSocket(), new IdleSocket(), new IdleSocket()];
    for (const socket of [connecting, connected, closed]) watch.opened(socket.asSocket);
    connected.emit('connect');
    closed.emit('close');
    watch.abandon();
    expect([connecting, connected, closed].map(({ isDestroyed }) => isDestroyed)).toEqual([true, false, false]);
    watch.destroy();
    expect([connected, closed].map(({ isDestroyed }) => isDestroyed)).toEqual([true, false]);
  });
});
