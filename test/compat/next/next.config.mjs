export default {
  // All that the application needs, in one folder, as images of containers have it.
  output: 'standalone',
  turbopack: { root: import.meta.dirname },
};
