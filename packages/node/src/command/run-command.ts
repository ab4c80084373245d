import { parseArgs } from 'node:util';
import { printConfiguration } from './config/print-configuration.ts';
import { examine } from './doctor/examine.ts';
import { runSpoolCommand } from './spool/run-spool-command.ts';
import { showTop } from './top/top.ts';

/** The version in package.json; a test compares them. */
const VERSION = '0.1.0';

const USAGE = `Usage: npx @spillway/node <command> [options]

Commands:
  config   Prints the settings that the variables here give an application, and where each value comes from
  doctor   Checks whether an application in this folder would start, sends one span, one log record and one data point to
           the endpoint that is configured here, says what happened to them, and looks at the folder of the spool
  top [url]
           Shows the live page of a process: in a terminal until q is pressed, otherwise once, as text. Default:
           http://127.0.0.1 at the port of SPILLWAY_ZPAGES_PORT, or 55679. SPILLWAY_ZPAGES_TOKEN is its token

  spool list    Prints what is stored in a spool, and which processes have stored it
  spool verify  Reads all of it, and prints what is damaged
  spool replay  Sends what processes have left that have ended, with the exporters that are configured here
  spool purge   Removes what processes have left that have ended, unsent

  These take the folder of the spool, by default the one that is configured here. They leave processes that are running alone.

Options:
  --json               Prints JSON, once
  --timeout <millis>   doctor: how long one request may take; at most 60000. Default: as configured, at most 10000.
                       spool replay: how long the collector may take nothing. Default: 30000
  --yes                spool purge: really removes it
  --help               Prints this
  --version            Prints the version

Exit codes: config, spool list: 0. doctor: 0 if an application would start, everything sent was accepted and the spool
can be used, otherwise 1. top: 0 if the page answered, otherwise 1. spool verify: 1 if something is damaged. spool
replay: 0 if everything was delivered, otherwise 1. spool purge: 1 without --yes. If the spool cannot be read: 1. Wrong
usage: 2.
`;

const SUCCESS = 0;
const WRONG_USAGE = 2;

const LONGEST_TIMEOUT_MILLIS = 60_000;

/**
 * Runs a command line with the variables of this process.
 * @param args without the program
 * @returns the exit code
 */
export async function runCommand(
  args: readonly string[],
  out: NodeJS.WritableStream,
  err: NodeJS.WritableStream,
): Promise<number> {
  const wrong = (problem: string): number => {
    err.write(`${problem}\n\n${USAGE}`);
    return WRONG_USAGE;
  };
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  if (values.help === true) {
    out.write(USAGE);
    return SUCCESS;
  }
  if (values.version === true) {
    out.write(`${VERSION}\n`);
    return SUCCESS;
  }
  const [command, ...others] = positionals;
  if (command === undefined) return wrong('A command is missing.');
  const mostArguments = command === 'spool' ? Infinity : command === 'top' ? 1 : 0;
  if (others.length > mostArguments) return wrong(`${JSON.stringify(others.at(-1))} is one argument too many.`);
  const timeoutMillis = values.timeout === undefined ? undefined : Number(values.timeout);
  if (
    timeoutMillis !== undefined &&
    !(/^\d+$/.test(values.timeout ?? '') && timeoutMillis >= 1 && timeoutMillis <= LONGEST_TIMEOUT_MILLIS)
  ) {
    return wrong(
      `--timeout must be a whole number from 1 to ${LONGEST_TIMEOUT_MILLIS}, got ${JSON.stringify(values.timeout)}.`,
    );
  }
  const options = { json: values.json === true, timeoutMillis };
  const isConfirmed = values.yes === true;
  if (isConfirmed && command !== 'spool') return wrong(`${command} takes no --yes.`);
  switch (command) {
    case 'config':
      if (timeoutMillis !== undefined) return wrong('config sends nothing, so it takes no --timeout.');
      await printConfiguration(options, out);
      return SUCCESS;
    case 'doctor':
      return examine(options, out);
    case 'top':
      if (timeoutMillis !== undefined) return wrong('top takes no --timeout.');
      if (others[0] !== undefined && !isHttpUrl(others[0]))
        return wrong(`top needs a URL that begins with http:// or https://, got ${JSON.stringify(others[0])}.`);
      return showTop({ url: others[0], json: options.json }, process.stdin, out, err);
    case 'spool': {
      const result = await runSpoolCommand({ words: others, isConfirmed, ...options }, out, err);
      return typeof result === 'number' ? result : wrong(result.problem);
    }
    default:
      return wrong(`There is no command ${JSON.stringify(command)}.`);
  }
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      timeout: { type: 'string' },
      yes: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
  });
}
