module.exports = {
  testEnvironment: 'node',
  transform: { '\\.ts$': 'ts-jest' },
  testRegex: 'test/.*\\.spec\\.ts$',
};
