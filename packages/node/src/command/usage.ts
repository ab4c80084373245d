export const USAGE = `Usage: npx @spillway/node <command> [options]

Commands:
  config   Prints what an application would run with, by the variables that are set here, and where each value comes from
  doctor   Checks whether an application in this folder would start, sends one span and one log record to the endpoint that
           is configured here, and says what became of them

Options:
  --json               Prints JSON
  --timeout <millis>   doctor: how long one request may take; at most 60000. Default: as configured, at most 10000
  --help               Prints this
  --version            Prints the version

Exit code of config: 0. Of doctor: 0 if an application would start and everything that was sent was accepted, otherwise 1. Of a wrong usage: 2.
`;
