import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeRoomForListeners } from '../../src/process-end/listener-room.ts';

/** One of its listeners is added, so that a change of the limit is seen. */
const EVENT = 'listener-room.test';
const listen = () => void process.once(EVENT, () => {});

const { defaultMaxListeners } = EventEmitter;
const limit = process.getMaxListeners();
let takeBack = (): void => {};

/** The application changes the limit of everything. */
function setDefault(most: number): void {
  EventEmitter.defaultMaxListeners = most;
}

beforeEach(() => {
  process.setMaxListeners(defaultMaxListeners);
  takeBack = makeRoomForListeners();
});
afterEach(() => {
  takeBack();
  process.removeAllListeners(EVENT);
  setDefault(defaultMaxListeners);
  process.setMaxListeners(limit);
});

describe('the room for listeners of the process', () => {
  it('is two more than the application may have, and is given back', () => {
    expect(process.getMaxListeners()).toBe(defaultMaxListeners + 2);
    takeBack();
    expect(process.getMaxListeners()).toBe(defaultMaxListeners);
    listen();
    expect(process.getMaxListeners()).toBe(defaultMaxListeners);
  });

  it('leaves a limit alone that the application has set for the process since, also when it is given back', () => {
    process.setMaxListeners(5);
    setDefault(20);
    listen();
    expect(process.getMaxListeners()).toBe(5);
    takeBack();
    expect(process.getMaxListeners()).toBe(5);
  });

  it.each([
    ['two more than a new limit for everything', 20, 22],
    ['no limit if there is none for everything any more', 0, 0],
  ])('is %s', (_, most, room) => {
    setDefault(most);
    listen();
    expect(process.getMaxListeners()).toBe(room);
    takeBack();
    expect(process.getMaxListeners()).toBe(most);
  });

  it.each([0, Infinity])('is no limit if the application has none (%d)', (most) => {
    takeBack();
    process.setMaxListeners(most);
    takeBack = makeRoomForListeners();
    expect(process.getMaxListeners()).toBe(most);
    setDefault(20);
    listen();
    expect(process.getMaxListeners()).toBe(most);
  });

  it('does not follow the limit for everything if the process had its own before', () => {
    takeBack();
    process.setMaxListeners(30);
    takeBack = makeRoomForListeners();
    setDefault(20);
    listen();
    expect(process.getMaxListeners()).toBe(32);
  });
});
