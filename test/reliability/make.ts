/** Whose pipelines are measured. */
export type Make = 'ours' | 'upstream';
