/** Where the page sends to: the server that it comes from, unless its address names another one. */
export const collectorUrl = new URLSearchParams(location.search).get('collector') ?? location.origin;
