/** The Node that runs the applications: that of the tests, or the one whose path `COMPAT_NODE` is. */
export const NODE = process.env['COMPAT_NODE'] ?? process.execPath;
