export async function register() {
  if (process.env.NEXT_RUNTIME === 'nodejs') await import('./telemetry.node.js');
  if (process.env.NEXT_RUNTIME === 'edge') await import('./telemetry.edge.js');
}
