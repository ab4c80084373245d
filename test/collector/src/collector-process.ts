/**
 * The process behind `spawnCollector`: one collector, controlled over IPC. Its only argument is its options, as JSON.
 */
import { type Collector, type CollectorOptions, startCollector } from './collector.ts';
import type { CollectorCommands, CollectorMessage, CommandMessage } from './collector-commands.ts';

let usageBefore = process.cpuUsage();
let loopBefore = performance.eventLoopUtilization();

/** If the process that started this one is gone by now, nobody needs the message. Without a callback, that would throw. */
function send(message: CollectorMessage): void {
  process.send?.(message, undefined, undefined, () => {});
}

function commandsOf(collector: Collector): CollectorCommands {
  return {
    setFault: (fault) => collector.setFault(fault),
    queueFaults: (...faults) => collector.queueFaults(...faults),
    requests: () => collector.requests,
    counts: () => collector.counts(),
    countsOf: (signal) => collector.countsOf(signal),
    orphanedLogRecords: () => collector.orphanedLogRecords(),
    totalOf: (metric, attributes) => collector.totalOf(metric, attributes),
    repeatedOf: (metric, attributes) => collector.repeatedOf(metric, attributes),
    lastValueOf: (metric, attributes) => collector.lastValueOf(metric, attributes),
    talliesOf: (signal) => collector.talliesOf(signal),
    interrupt: () => collector.interrupt(),
    goAway: () => collector.goAway(),
    resume: () => collector.resume(),
    heal: () => collector.heal(),
    missing: (ids) => ids.filter((id) => !collector.ids.has(id)),
    duplicates: (limit) => {
      const found: string[] = [];
      for (const [id, times] of collector.ids) {
        if (found.length === limit) break;
        if (times > 1) found.push(id);
      }
      return found;
    },
    load: () => {
      const { user, system } = process.cpuUsage(usageBefore);
      const { utilization } = performance.eventLoopUtilization(loopBefore);
      return { cpuMillis: (user + system) / 1000, eventLoopUtilization: utilization };
    },
    reset: () => {
      collector.reset();
      usageBefore = process.cpuUsage();
      loopBefore = performance.eventLoopUtilization();
    },
  };
}

async function obey(commands: CollectorCommands, { id, name, args }: CommandMessage): Promise<void> {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parent's types pair name and arguments
    const command = commands[name] as (...args: readonly unknown[]) => unknown;
    send({ kind: 'done', id, value: await command(...args) });
  } catch (error) {
    send({ kind: 'refused', id, message: String(error) });
  }
}

// Ctrl-C reaches the whole process group. The parent still needs its report, so this process ends when the parent
// leaves.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());

try {
  const options: CollectorOptions = JSON.parse(process.argv[2] ?? '{}');
  const collector = await startCollector(options);
  const commands = commandsOf(collector);
  process.on('message', (message: CommandMessage) => void obey(commands, message));
  send({ kind: 'listening', url: collector.url, grpcUrl: options.grpc === true ? collector.grpcUrl : undefined });
} catch (error) {
  send({ kind: 'failed', message: String(error) });
}
