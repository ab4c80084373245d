/** Looks at a live page as a browser does, until it is killed. Its only argument is the address. */
const response = await fetch(process.argv[2] ?? '', { headers: { accept: 'text/event-stream' } });
for await (const _ of response.body ?? []) if (process.connected) process.send?.('seen', () => process.disconnect());
