/** Which pipelines are measured: Spillway's or upstream's. */
export type Make = 'ours' | 'upstream';
