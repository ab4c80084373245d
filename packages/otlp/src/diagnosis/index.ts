export { diagnose, type Look, lookWorth } from './diagnose.ts';
export type { Diagnosis, DiagnosisKind, Evidence, PeerProtocol } from './diagnosis.ts';
