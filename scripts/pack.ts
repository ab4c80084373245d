// `npm run packed`: packs every package into the folder "packed", as it would be published.
import { repository } from './release/repository.ts';
import { removeStaged, stagedPackages } from './release/staged-packages.ts';

for (const { tarball } of stagedPackages(repository())) console.log(tarball);
removeStaged();
