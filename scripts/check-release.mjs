// Refuses to publish what cannot be published as it stands; npm runs it before `npm publish`, in the package's folder.
import { existsSync, readFileSync } from 'node:fs';

const { version, repository, publishConfig } = JSON.parse(readFileSync('package.json', 'utf8'));
const changelog = existsSync('CHANGELOG.md') ? readFileSync('CHANGELOG.md', 'utf8') : '';
const problems = [];

if (!changelog.includes(`\n## [${version}]`)) {
  problems.push(`CHANGELOG.md has no heading "## [${version}]". Move what is under [Unreleased] to it.`);
}
// Without a tag, `npm install` without a version would install a pre-release; with one, it would not install a release.
const tag = version.includes('-') ? 'next' : undefined;
if (publishConfig?.tag !== tag) {
  problems.push(
    tag === undefined
      ? `package.json has "publishConfig.tag", and ${version} is no pre-release. Remove it.`
      : `${version} is a pre-release. Set "publishConfig.tag" to "${tag}" in package.json.`,
  );
}
// npm compares it with the repository whose workflow publishes, and refuses provenance for any other.
if (publishConfig?.provenance === true && typeof repository?.url !== 'string') {
  problems.push(
    'package.json has no "repository.url". Provenance needs the public repository that CI publishes from.',
  );
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}
