import { defineConfig } from 'tsup';
import base from '../../tsup.config.base.ts';
import { zpagesServer } from './bundle-programs.ts';

export default defineConfig({ ...base, platform: 'node', define: zpagesServer() });
