/** Returns copies of the regular expressions in `rules`. Global and sticky ones lose their flag: they keep a `lastIndex` between calls. */
export function statelessPatterns(rules: readonly unknown[]): readonly RegExp[] {
  return rules
    .filter((rule) => rule instanceof RegExp)
    .map((rule) => new RegExp(rule, rule.flags.replace(/[gy]/g, '')));
}
