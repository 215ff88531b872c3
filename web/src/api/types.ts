import type { components } from './schema';

/** What the server sends and takes, by name, from its own document. */
export type Schemas = components['schemas'];
