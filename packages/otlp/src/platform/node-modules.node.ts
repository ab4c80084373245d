/**
 * Modules of Node that only an exporter at work needs: each is loaded when it is first used.
 *
 * They are not imported, because that would load all of them with this package: `node:https` takes `node:tls` and
 * `node:crypto` with it. In an ES module, an import even reads every member of such a module, so that `node:fs` loads
 * streams, and `node:http` the whole of `fetch`. A bundler leaves these calls as they are, in any format.
 */
export const nodeBuffer = () => process.getBuiltinModule('node:buffer');
export const nodeCrypto = () => process.getBuiltinModule('node:crypto');
export const nodeDns = () => process.getBuiltinModule('node:dns');
export const nodeFs = () => process.getBuiltinModule('node:fs');
export const nodeHttp = () => process.getBuiltinModule('node:http');
export const nodeHttps = () => process.getBuiltinModule('node:https');
export const nodeModule = () => process.getBuiltinModule('node:module');
export const nodeNet = () => process.getBuiltinModule('node:net');
export const nodeOs = () => process.getBuiltinModule('node:os');
export const nodeTls = () => process.getBuiltinModule('node:tls');
export const nodeZlib = () => process.getBuiltinModule('node:zlib');
