/** The Node that runs the applications: the one of the tests, or the one at the path `COMPAT_NODE`. */
export const NODE = process.env['COMPAT_NODE'] ?? process.execPath;
