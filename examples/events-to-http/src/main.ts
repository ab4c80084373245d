/** A shop that takes some orders, and sends them to `URL`. */
import { EventEmitter } from 'node:events';
import { type Order, sendOrders } from './order-sender.ts';

const { URL: url = 'http://localhost:8080/orders' } = process.env;
const ORDERS = 1_000;

const shop = new EventEmitter<{ order: [Order] }>();
const orders = sendOrders(shop, url);

for (let id = 1; id <= ORDERS; id += 1) shop.emit('order', { id, book: 'Walden' });

// Sends what is left, for 10 s at most.
const { remaining } = await orders.close();
const { eventsFlushed, droppedByReason } = orders.getMetrics();
console.log(`${eventsFlushed} orders are delivered`);
if (remaining > 0 || eventsFlushed < ORDERS) console.error('lost:', droppedByReason);
